"""The application factory, and the ``kalends`` command.

Nothing heavy is imported before it is needed: ``kalends run`` only prepares and then becomes the
supervisor, and a second start should answer within seconds.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from webapp import cli
from webapp.settings import Settings

if TYPE_CHECKING:
    from flask import Flask

    from webapp.work import Clock


def create_app(settings: Settings | None = None, clock: Clock | None = None) -> Flask:
    """The web application. Tests pass their settings and their clock; a server passes nothing."""
    from webapp.assembly import assemble
    from webapp.work import wall_clock

    return assemble(settings or Settings.from_environment(), clock or wall_clock)


def main() -> int:
    """The ``kalends`` command."""
    return cli.main(sys.argv[1:], create_app)


if __name__ == "__main__":
    sys.exit(main())
