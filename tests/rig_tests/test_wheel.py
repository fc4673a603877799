"""The wheel: whole, and at home on a machine that has no checkout."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import sysconfig
import time
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

ROOT = Path(__file__).parents[2]
QUIET = ["--quiet", "--disable-pip-version-check", "--no-deps", "--no-index"]


def _pip(*words: str | Path) -> None:
    said = subprocess.run([sys.executable, "-m", "pip", *words], capture_output=True, text=True)
    assert said.returncode == 0, said.stdout + said.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this tree by the locked backend."""
    folder = tmp_path_factory.mktemp("wheel")
    _pip("wheel", *QUIET, "--no-build-isolation", "--wheel-dir", folder, ROOT)
    return next(folder.glob("kalends-*.whl"))


@pytest.fixture(scope="module")
def elsewhere(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A venv with the wheel and, by a path, the packages it depends on; no checkout in sight."""
    folder = tmp_path_factory.mktemp("elsewhere") / "venv"
    venv.create(folder, with_pip=False)
    site = next(folder.glob("lib/python3*/site-packages"))
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    _pip("--python", folder / "bin" / "python", "install", *QUIET, wheel)
    return folder


def _files(folder: str, inside: str) -> Iterator[str]:
    for path in (ROOT / folder).rglob("*"):
        if path.is_file() and path.suffix != ".pyc":
            yield f"{inside}/{path.relative_to(ROOT / folder).as_posix()}"


def test_the_wheel_holds_every_file_of_the_package_and_every_migration(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    expected = {*_files("webapp", "webapp"), *_files("migrations", "webapp/_migrations")}
    assert any(name.endswith(".html") for name in expected)
    assert held == expected


def test_the_installed_command_migrates_a_new_database(elsewhere: Path, tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "KALENDS_DATA_DIR": str(tmp_path / "data")}
    said = subprocess.run(
        [elsewhere / "bin" / "kalends", "migrate"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert said.returncode == 0, said.stdout + said.stderr
    assert list((tmp_path / "data").glob("*.sqlite3"))


def test_the_installed_command_serves_and_stops_on_request(elsewhere: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {
        "PATH": os.environ["PATH"],
        "KALENDS_DATA_DIR": str(tmp_path / "data"),
        "PORT": str(port),
    }
    with open(tmp_path / "log", "w") as log:
        running = subprocess.Popen(
            [elsewhere / "bin" / "kalends", "run"], cwd=tmp_path, env=environment, stdout=log
        )
    try:
        _wait_for(f"http://127.0.0.1:{port}/healthz", running)
        asked = time.monotonic()
        running.send_signal(signal.SIGTERM)
        running.wait(timeout=10)
        assert time.monotonic() - asked < 5
    finally:
        running.kill()
        running.wait()


def _wait_for(url: str, running: subprocess.Popen[bytes], seconds: float = 60) -> None:
    """Return as soon as the address answers 200."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            with urlopen(url, timeout=5) as answer:
                assert answer.status == 200
                return
        except (URLError, ConnectionError, TimeoutError):
            assert running.poll() is None, "kalends ended"
            assert time.monotonic() < deadline, "kalends did not answer"
            time.sleep(0.05)
