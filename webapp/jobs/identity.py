"""What a worker is called, and whether the worker of a name is known to be dead.

A lease outlives a worker that was killed. On its own machine one can look: a worker that starts
takes over at once what its dead predecessor held, and waits for nobody else's lease.
"""

from __future__ import annotations

import os
import platform
import secrets
from pathlib import Path


def _place() -> str:
    """The machine, and in it the container: where a process number means what we think."""
    try:
        inside = str(Path("/proc/self/ns/pid").stat().st_ino)
    except OSError:
        inside = "-"
    return f"{platform.node()[:20]}/{inside[-10:]}"


def new_name() -> str:
    """A name for this process, unlike any other; at most 50 characters."""
    return f"{_place()}/{os.getpid()}/{secrets.token_hex(2)}"


def is_dead(name: str) -> bool:
    """Whether the worker ``name`` ran here and runs no more; False when we cannot know."""
    place, _, rest = name.rpartition("/")[0].rpartition("/")
    if os.name != "posix" or place != _place() or not rest.isdecimal():
        return False
    try:
        os.kill(int(rest), 0)
    except ProcessLookupError:
        return True
    except OSError:
        pass
    return False
