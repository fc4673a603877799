"""Chromium for the tests: found where it is, refused where it does not run."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext

from tests.rig import chromium
from tests.rig.webfiles import WebFiles


@pytest.mark.browser
def test_a_page_is_rendered_with_and_without_script(
    new_context: Callable[..., BrowserContext], web_peer: WebFiles
) -> None:
    page = b"<p id=p>plain</p><script>p.textContent = 'scripted'</script>"
    url = web_peer.serve("/", page, "text/html; charset=utf-8")
    for script, text in ((True, "scripted"), (False, "plain")):
        view = new_context(java_script_enabled=script).new_page()
        view.goto(url)
        assert view.locator("p").text_content() == text


def test_a_named_chromium_that_does_not_run_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for named in (tmp_path / "missing", tmp_path):
        monkeypatch.setenv(chromium.VARIABLE, str(named))
        with pytest.raises(chromium.ChromiumMissing, match=chromium.VARIABLE):
            chromium.find()


def _executable(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_playwrights_own_chromium_goes_before_the_machines(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import playwright

    package = Path(playwright.__file__).parent / "driver" / "package"
    listed = json.loads((package / "browsers.json").read_text())["browsers"]
    revision = next(b["revision"] for b in listed if b["name"] == "chromium-headless-shell")
    own = _executable(
        tmp_path / f"chromium_headless_shell-{revision}" / "any" / "chrome-headless-shell",
        "echo own",
    )
    monkeypatch.delenv(chromium.VARIABLE, raising=False)
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    assert chromium.find() == own


def test_a_stub_that_only_points_to_a_snap_is_passed_over(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stub = _executable(tmp_path / "bin" / "chromium", "echo 'snap install chromium' >&2; exit 1")
    snapped = _executable(tmp_path / "snap" / "bin" / "google-chrome", "echo 156")
    monkeypatch.delenv(chromium.VARIABLE, raising=False)
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "none"))
    monkeypatch.setenv("PATH", f"{stub.parent}:{snapped.parent}:/bin")
    monkeypatch.setattr(chromium, "PLACES", ())
    monkeypatch.setattr(chromium, "COMMANDS", ("chromium", "google-chrome"))
    assert chromium.find() is None


def test_where_nothing_can_be_installed_the_command_to_run_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(chromium, "find", lambda: None)
    monkeypatch.setattr(chromium, "_can_use_apt", lambda: False)
    monkeypatch.setattr("sys.executable", "/bin/false")
    with pytest.raises(chromium.ChromiumMissing, match="playwright install --only-shell chromium"):
        chromium.provide()
