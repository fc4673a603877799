#!/usr/bin/env python3
"""Run, test and check Kalends from a clone; needs Python 3.11 or newer and git, nothing else.

The first command makes `.venv` and fills it from the lock, whose every file has its SHA-256.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "installed.json"
RUNTIME, EVERYTHING = "requirements.lock", "requirements-dev.lock"
OLDEST, NEWEST = (3, 11), (3, 14)

HELP = """\
python3 dev.py COMMAND [ARGUMENTS]

  run      start Kalends with its demo organization on http://127.0.0.1:8000
           (HOST, PORT and KALENDS_* change that); Ctrl-C stops everything
  test     run the whole suite in Chromium, on SQLite and on PostgreSQL;
           arguments go to pytest (tests/domain, -k booking, --long)
  check    look at format, lint, types and imports; arguments choose steps
  bench    measure speed; arguments go to the benchmarks
  claims   prove what docs/claims.yaml promises; arguments choose claims
  help     print this
"""


def main(arguments: list[str]) -> int:
    """Run the command that `arguments` begin with and answer its exit code."""
    commands = {"run": run, "test": test, "check": check, "bench": bench, "claims": claims}
    word, *rest = arguments or ["help"]
    if word in ("help", "-h", "--help"):
        print(HELP, end="")
        return 0
    if word not in commands:
        print(f"dev.py: there is no command {word!r}\n\n{HELP}", end="", file=sys.stderr)
        return 2
    use_a_new_enough_python()
    os.chdir(ROOT)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        return commands[word](rest)
    except KeyboardInterrupt:
        return 130


def run(arguments: list[str]) -> int:
    """Become Kalends itself: no process stays behind this one, and signals go straight to it."""
    install(RUNTIME)
    return become(["-m", "webapp.app", "run", *arguments], KALENDS_DEMO="1")


def test(arguments: list[str]) -> int:
    """Become pytest, so that the last line and the exit code are its own."""
    install(EVERYTHING)
    found = subprocess.run(
        [PYTHON, "-m", "tests.rig.chromium"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
    )
    if found.returncode:
        return 1
    # Two to a core: races and kills mostly wait for the processes that they started.
    workers = str(min(2 * (os.cpu_count() or 1), 8))
    return become(
        ["-m", "pytest", "-n", workers, "--dist", "worksteal", *arguments],
        KALENDS_CHROMIUM=found.stdout.decode().strip(),
    )


def check(arguments: list[str]) -> int:
    """Take every step, or the named ones, to the end, so that one run tells all that is wrong."""
    install(EVERYTHING)
    steps = {
        "format": ["ruff", "format", "--check", "."],
        "lint": ["ruff", "check", "."],
        "types": ["mypy"],
        "imports": ["lint-imports", "--no-logo"],
    }
    unknown = sorted(set(arguments) - set(steps))
    if unknown:
        print(f"dev.py: no step {', '.join(unknown)}; there are {', '.join(steps)}")
        return 2
    failed = []
    for name in arguments or steps:
        tool, *options = steps[name]
        print(f"-- {name}", flush=True)
        if subprocess.run([VENV / "bin" / tool, *options], stdin=subprocess.DEVNULL).returncode:
            failed.append(name)
    print("check: " + (f"failed: {', '.join(failed)}" if failed else "everything holds"))
    return 1 if failed else 0


def bench(arguments: list[str]) -> int:
    """Become the benchmarks."""
    install(EVERYTHING)
    return become(["-m", "bench", *arguments])


def claims(arguments: list[str]) -> int:
    """Become the prover of docs/claims.yaml."""
    install(EVERYTHING)
    return become(["-m", "bench.claims", *arguments])


def become(arguments: list[str], **defaults: str) -> int:
    """Replace this process by the venv's Python; what the caller's environment says goes first."""
    sys.stdout.flush()
    os.execve(PYTHON, [str(PYTHON), *arguments], {**defaults, **os.environ})


def install(lock: str) -> None:
    """Make `.venv` hold what `lock` names, or leave at once if it already does.

    The stamp is taken away before anything changes and written last: a venv whose making was cut
    short, or whose Python or folder has moved since, has no valid stamp and is made anew.
    """
    with open(__file__) as turn:
        os.set_inheritable(turn.fileno(), True)
        fcntl.flock(turn, fcntl.LOCK_EX)  # two commands may start at once; one installs
        digests = stamped_digests()
        wanted = digest(lock)
        if digests is not None and wanted in digests:
            return
        if digests is None:
            make_venv()
        STAMP.unlink(missing_ok=True)
        print(f"Installing what {lock} names; this takes a minute, once.", flush=True)
        pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "--no-input", "install"]
        must([*pip, "--quiet", "--require-hashes", "-r", lock], f"{lock} could not be installed")
        own_path = next(VENV.glob("lib/python3*/site-packages")) / "kalends.pth"
        own_path.write_text(f"{ROOT}\n")
        done = [wanted, digest(RUNTIME)]  # the larger lock holds the smaller one
        STAMP.write_text(json.dumps({"venv": identity(), "digests": done}))


def stamped_digests() -> list[str] | None:
    """Answer the digests of the locks that are installed; None for a venv not to be trusted."""
    try:
        stamp = json.loads(STAMP.read_text())
        return stamp["digests"] if stamp["venv"] == identity() and PYTHON.exists() else None
    except (OSError, ValueError, KeyError):
        return None


def identity() -> list[str]:
    """Say where the venv lies and which Python it leads to: a venv survives no change of either."""
    return [str(VENV), os.path.realpath(PYTHON)]


def digest(lock: str) -> str:
    """Answer the SHA-256 of a lock file."""
    return hashlib.sha256((ROOT / lock).read_bytes()).hexdigest()


def make_venv() -> None:
    """Make `.venv` from nothing; Debian and Ubuntu keep the module for that in a package."""
    if importlib.util.find_spec("ensurepip") is None:
        package = f"python3.{sys.version_info.minor}-venv"
        if os.geteuid() or not shutil.which("apt-get"):
            sys.exit(f"dev.py: this Python cannot make a venv; first: sudo apt install {package}")
        print(f"Installing {package}.", flush=True)
        apt = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
        must([*apt, "update"], "apt-get update failed")
        must([*apt, "install", "-y", "--no-install-recommends", package], f"no {package}")
    must([sys.executable, "-m", "venv", "--clear", VENV], "the venv could not be made")


def must(command: Sequence[str | Path], otherwise: str) -> None:
    """Run a command that has to succeed; a quiet one is heard only when it fails.

    It runs in a session of its own: whatever ends this process early also ends all that the
    command has started. Should that be impossible, the command keeps the lock (`close_fds`).
    """
    ends = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)  # not between its start and our knowing it
    child = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        close_fds=False,
    )
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ends)
        said, _ = child.communicate()
    except BaseException:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        raise
    if child.returncode:
        sys.exit(f"{said.decode(errors='replace')}\ndev.py: {otherwise}")


def use_a_new_enough_python() -> None:
    """Start again under a newer Python on the PATH if this one is too old, or say what to do."""
    if sys.version_info >= OLDEST:
        return
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        newer = shutil.which(f"python3.{minor}")
        if newer and subprocess.run([newer, "-c", ""], stderr=subprocess.DEVNULL).returncode == 0:
            os.execv(newer, [newer, *sys.argv])  # not a version manager's stub that only scolds
    sys.exit(
        "dev.py: Kalends needs Python {}.{} or newer; this is {}.{}, and no newer one is on the "
        "PATH.\nOn macOS: brew install python. On Debian and Ubuntu: apt install python3.".format(
            *OLDEST, *sys.version_info[:2]
        )
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
