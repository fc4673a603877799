"""``demo.json``: reading it, writing it, and what is shown on start."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from webapp.settings import Settings

NAME = "demo.json"


def read(settings: Settings) -> dict[str, Any] | None:
    """What the file holds; None when there is none, or nothing that can be read."""
    try:
        return dict(json.loads((settings.data_dir / NAME).read_text()))
    except (FileNotFoundError, ValueError):
        return None


def write(settings: Settings, known: dict[str, Any]) -> None:
    """Replace the file whole; only its owner may read it."""
    path = settings.data_dir / NAME
    draft = path.with_suffix(f".{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(known, indent=1) + "\n")
    draft.replace(path)


def refresh(settings: Settings) -> list[str] | None:
    """Bring the addresses up to date without opening the database; the lines to show.

    None when there is no file to refresh: then the demo has to be made.
    """
    known = read(settings)
    if known is None:
        return None
    before = str(known["base_url"])
    for profile in known["profiles"]:
        profile["url"] = settings.base_url + str(profile["url"]).removeprefix(before)
    known["base_url"] = settings.base_url
    write(settings, known)
    return lines(settings, known)


def lines(settings: Settings, known: dict[str, Any]) -> list[str]:
    """What somebody who has just started the demo wants to know."""
    path: Path = settings.data_dir / NAME
    owner = known["owner"]
    return [
        f"  book:     {known['profiles'][0]['url']}",
        f"  sign in:  {settings.base_url}/auth/sign-in",
        f"            {owner['email']}  {owner['password']}",
        f"  for programs: {path}",
    ]
