"""dev.py and the locks: what a stranger meets first."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import select
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = ("requirements.lock", "requirements-dev.lock")
COMMANDS = ("run", "test", "check", "bench", "claims", "help")


def _dev(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, ROOT / "dev.py", *words], capture_output=True, text=True, timeout=60
    )


def _pins(lock: str) -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+(?:\[\w+\])?)==(\S+)", (ROOT / lock).read_text(), re.M))


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """dev.py of a clone in which every command that it would run is only noted, in `ran`."""
    for name in ("dev.py", *LOCKS):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    spec = importlib.util.spec_from_file_location("dev_of_clone", tmp_path / "dev.py")
    assert spec is not None
    assert spec.loader is not None
    dev = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(dev)
    ran: list[str] = []

    def must(command: list[object], otherwise: str) -> None:
        ran.append("venv" if "venv" in command else str(command[-1]))
        if "venv" in command:
            (dev.VENV / "lib" / "python3.11" / "site-packages").mkdir(parents=True, exist_ok=True)
            dev.PYTHON.parent.mkdir(exist_ok=True)
            dev.PYTHON.touch()

    monkeypatch.setattr(dev, "must", must)
    monkeypatch.setattr(dev, "ran", ran, raising=False)
    return dev


def test_help_names_every_command() -> None:
    said = _dev("help")
    assert said.returncode == 0
    assert re.findall(r"^  (\w+)  ", said.stdout, re.M) == list(COMMANDS)


def test_an_unknown_command_gets_the_help_and_exit_code_2() -> None:
    said = _dev("frobnicate")
    assert said.returncode == 2
    assert "frobnicate" in said.stderr
    assert "python3 dev.py COMMAND" in said.stderr


def test_the_makefile_names_every_command() -> None:
    makefile = (ROOT / "Makefile").read_text()
    assert set(COMMANDS) <= set(makefile.split(".PHONY:")[1].splitlines()[0].split())


def test_dev_py_is_small_and_needs_the_standard_library_only() -> None:
    source = (ROOT / "dev.py").read_text()
    assert source.count("\n") < 250
    imported = set(re.findall(r"^\s*(?:import|from) (\w+)", source, re.M))
    assert imported <= set(sys.stdlib_module_names)


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_pins_every_package_by_hash_and_names_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert "://" not in text
    assert "--index" not in text
    assert "--find-links" not in text
    entries = re.split(r"\n(?=\S)", text.strip())
    assert len(entries) > 30
    for entry in entries:
        assert re.match(r"[\w.-]+(\[\w+\])?==\S+( ; [^\\]+)? \\\n", entry), entry[:60]
        assert re.search(r"--hash=sha256:[0-9a-f]{64}$", entry), entry[:60]


def test_the_larger_lock_holds_the_smaller_one() -> None:
    assert _pins("requirements.lock").items() <= _pins("requirements-dev.lock").items()


def test_the_first_command_makes_a_venv_and_the_second_changes_nothing(clone: ModuleType) -> None:
    clone.install("requirements.lock")
    assert clone.ran == ["venv", "requirements.lock"]
    clone.install("requirements.lock")
    assert clone.ran == ["venv", "requirements.lock"]


def test_what_the_tests_need_is_enough_to_run(clone: ModuleType) -> None:
    clone.install("requirements-dev.lock")
    clone.install("requirements.lock")
    assert clone.ran == ["venv", "requirements-dev.lock"]


def test_a_changed_lock_is_installed_into_the_same_venv(clone: ModuleType) -> None:
    clone.install("requirements.lock")
    (clone.ROOT / "requirements.lock").write_text("flask==4.0.0\n")
    clone.install("requirements.lock")
    assert clone.ran == ["venv", "requirements.lock", "requirements.lock"]


def test_a_half_made_venv_is_made_anew(clone: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    noted = clone.must

    def interrupted(command: list[object], otherwise: str) -> None:
        noted(command, otherwise)
        if "venv" not in command:
            raise KeyboardInterrupt

    monkeypatch.setattr(clone, "must", interrupted)
    with pytest.raises(KeyboardInterrupt):
        clone.install("requirements.lock")
    monkeypatch.setattr(clone, "must", noted)
    clone.install("requirements.lock")
    assert clone.ran == ["venv", "requirements.lock"] * 2


def test_a_venv_whose_folder_or_python_has_moved_is_made_anew(clone: ModuleType) -> None:
    clone.install("requirements.lock")
    stamp = json.loads(clone.STAMP.read_text())
    for place in (0, 1):
        moved = {**stamp, "venv": [*stamp["venv"]]}
        moved["venv"][place] = "elsewhere"
        clone.STAMP.write_text(json.dumps(moved))
        clone.ran.clear()
        clone.install("requirements.lock")
        assert clone.ran == ["venv", "requirements.lock"]


def test_a_command_that_is_stopped_takes_all_it_has_started_with_it(tmp_path: Path) -> None:
    (tmp_path / "dev.py").write_bytes((ROOT / "dev.py").read_bytes())
    heard, held = os.pipe()  # the far end closes when nobody who was started is left
    program = (
        "import dev, signal, sys\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))\n"
        f"dev.must(['sh', '-c', 'echo up >/dev/fd/{held}; sleep 600 & wait'], 'no')\n"
    )
    running = subprocess.Popen([sys.executable, "-c", program], cwd=tmp_path, pass_fds=[held])
    os.close(held)
    assert os.read(heard, 9) == b"up\n"
    running.terminate()
    assert running.wait(timeout=10) == 143
    assert select.select([heard], [], [], 10)[0] == [heard]
    assert os.read(heard, 9) == b""
    os.close(heard)


def test_an_old_python_starts_again_under_the_newest_that_runs(
    clone: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    became: list[object] = []

    def execv(*call: object) -> None:
        became.append(call)
        sys.exit(0)

    for version, code in (("3.14", 127), ("3.12", 0), ("3.11", 0)):
        program = tmp_path / "bin" / f"python{version}"
        program.parent.mkdir(exist_ok=True)
        program.write_text(f"#!/bin/sh\nexit {code}\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(clone.sys, "version_info", (3, 9, 6))
    monkeypatch.setattr(clone.sys, "argv", ["dev.py", "run"])
    monkeypatch.setattr(clone.os, "execv", execv)
    with pytest.raises(SystemExit):
        clone.use_a_new_enough_python()
    newest = str(tmp_path / "bin" / "python3.12")
    assert became == [(newest, [newest, "dev.py", "run"])]


def test_an_old_python_without_a_newer_one_says_what_to_do(
    clone: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clone.sys, "version_info", (3, 9, 6))
    monkeypatch.setattr(clone.shutil, "which", lambda _: None)
    with pytest.raises(SystemExit, match=r"3\.11 or newer; this is 3\.9"):
        clone.use_a_new_enough_python()


def test_a_python_without_venv_says_which_package_brings_it(
    clone: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clone.importlib.util, "find_spec", lambda _: None)
    monkeypatch.setattr(clone.os, "geteuid", lambda: 1000)
    with pytest.raises(SystemExit, match=r"apt install python3\.\d+-venv"):
        clone.make_venv()
