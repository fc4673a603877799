"""The Chromium of the browser tests: the one that is there, else one that is brought.

``python -m tests.rig.chromium`` prints its path and installs one if there is none; what it has to
say goes to standard error.
"""

from __future__ import annotations

import ctypes
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser

VARIABLE = "KALENDS_CHROMIUM"
COMMANDS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
PLACES = (  # the program itself before the shell script that Debian puts on the PATH
    "/usr/lib/chromium/chromium-headless-shell",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)


class ChromiumMissing(Exception):
    """There is no usable Chromium; the message says what to run."""


@contextmanager
def launched() -> Iterator[Browser]:
    """Run a headless Chromium for as long as the block lasts.

    Raises:
        ChromiumMissing: there is none; nothing is installed from here.
    """
    from playwright.sync_api import sync_playwright

    executable = find()
    if executable is None:
        raise ChromiumMissing("no Chromium here; `python3 dev.py test` brings one")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable)
        try:
            yield browser
        finally:
            browser.close()


def find() -> Path | None:
    """Answer the first Chromium that runs: the named one, Playwright's own, the machine's.

    Raises:
        ChromiumMissing: the environment names one that does not run.
    """
    named = os.environ.get(VARIABLE)
    if named:
        if not _runs(Path(named)):
            raise ChromiumMissing(f"{VARIABLE} names {named}, which does not run")
        return Path(named)
    return next((path for path in (*_of_playwright(), *_of_machine()) if _runs(path)), None)


def provide() -> Path:
    """Answer a Chromium, installing one if need be: Debian's when root, else Playwright's.

    Raises:
        ChromiumMissing: none could be had; the message holds the command to run.
    """
    _provide_driver_library()
    if found := find():
        return found
    as_root = _can_use_apt()
    if as_root and _apt_install("chromium-headless-shell") and (found := find()):
        return found
    command = [sys.executable, "-m", "playwright", "install", "--only-shell", "chromium"]
    if as_root:
        command.insert(-2, "--with-deps")
    print("Downloading Chromium for the browser tests.", file=sys.stderr, flush=True)
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=sys.stderr)
    if done.returncode == 0 and (found := find()):
        return found
    raise ChromiumMissing(
        "the browser tests need Chromium. Install one (Debian: apt install "
        f"chromium-headless-shell), or run `{' '.join(command)}`, or name one in {VARIABLE}"
    )


def _provide_driver_library() -> None:
    """See to the one library that Playwright's driver needs and a bare Debian has not."""
    if not sys.platform.startswith("linux"):
        return
    try:
        ctypes.CDLL("libatomic.so.1")
    except OSError as missing:
        if not (_can_use_apt() and _apt_install("libatomic1")):
            raise ChromiumMissing(
                "Playwright's driver needs libatomic; first: sudo apt install libatomic1"
            ) from missing


def _of_playwright() -> Iterator[Path]:
    """Yield the executables of the revision that the installed Playwright was made for."""
    spec = importlib.util.find_spec("playwright")
    if spec is None or spec.origin is None:
        return
    listed = Path(spec.origin).parent / "driver" / "package" / "browsers.json"
    revisions = {b["name"]: b["revision"] for b in json.loads(listed.read_text())["browsers"]}
    cache = "Library/Caches" if sys.platform == "darwin" else ".cache"
    default = Path.home() / cache / "ms-playwright"
    browsers = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or default)
    shell, full = revisions["chromium-headless-shell"], revisions["chromium"]
    yield from browsers.glob(f"chromium_headless_shell-{shell}/*/*headless?shell")
    yield from browsers.glob(f"chromium-{full}/*/chrome")
    yield from browsers.glob(f"chromium-{full}/*/*.app/Contents/MacOS/*")


def _of_machine() -> Iterator[Path]:
    """Yield the executables of packages; a snap cannot see a test's files, so none of those."""
    on_path = (shutil.which(command) for command in COMMANDS)
    for path in (*PLACES, *on_path):
        if path and "snap" not in Path(path).resolve().parts:
            yield Path(path)


def _runs(path: Path) -> bool:
    """Tell whether the file is a browser with all its libraries, not a stub that points to one."""
    if not os.access(path, os.X_OK):
        return False
    try:
        said = subprocess.run(
            [path, "--version"], stdin=subprocess.DEVNULL, capture_output=True, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return said.returncode == 0


def _can_use_apt() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def _apt_install(package: str) -> bool:
    """Install a Debian package; False when this system has none of that name."""
    print(f"Installing {package} for the browser tests.", file=sys.stderr, flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    return all(
        subprocess.run(
            ["apt-get", "-qq", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            env=environment,
        ).returncode
        == 0
        for words in (["update"], ["install", "-y", "--no-install-recommends", package])
    )


def _main() -> int:
    try:
        print(provide())
    except ChromiumMissing as missing:
        print(f"dev.py: {missing}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(_main())
