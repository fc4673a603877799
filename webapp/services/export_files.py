"""The files of exports: parts while one is made, then one zip that only its owner can read.

Parts carry the fence of the worker that wrote them, and only those that the database names are
ever joined: a worker that comes late spoils nothing.
"""

from __future__ import annotations

import os
import shutil
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from webapp.settings import Settings

_COPY = 1 << 20


@dataclass(frozen=True, slots=True)
class Member:
    """The file ``name`` of the zip: ``head``, the parts of ``key`` joined by ``between``, ``tail``.

    ``runs`` say which parts: ``(fence, how many)``, numbered on from 0.
    """

    key: str
    name: str
    runs: Sequence[tuple[int, int]]
    head: str = ""
    between: str = ""
    tail: str = ""


class ExportFiles:
    """The files of one export, written by the worker whose claim is ``fence``."""

    def __init__(self, settings: Settings, uuid: UUID, fence: int) -> None:
        self._parts = folder(settings) / str(uuid)
        self._whole = folder(settings) / f"{uuid}.zip"
        self._fence = fence

    def write_part(self, key: str, number: int, text: str) -> None:
        """Write a part, whole or not at all; the same part again replaces it."""
        self._parts.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._parts.parent.chmod(0o700)
        _write(self._parts / _part(key, number, self._fence), text.encode())

    def join(self, members: Iterable[Member], texts: Mapping[str, str], at: datetime) -> int:
        """Make the zip out of the parts and of plain ``texts``; its size in bytes.

        Every entry is dated ``at``: the same rows make the same file.
        """
        draft = self._whole.with_suffix(f".{self._fence}")
        draft.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (
            open(draft, "wb", opener=_private) as file,
            zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made,
        ):
            for name, text in texts.items():
                made.writestr(_entry(name, at), text)
            for member in members:
                with made.open(_entry(member.name, at), "w", force_zip64=True) as out:
                    out.write(member.head.encode())
                    for count, path in enumerate(self._paths(member)):
                        out.write(member.between.encode() if count else b"")
                        with open(path, "rb") as part:
                            shutil.copyfileobj(part, out, _COPY)
                    out.write(member.tail.encode())
        draft.replace(self._whole)
        return self._whole.stat().st_size

    def _paths(self, member: Member) -> Iterable[Path]:
        number = 0
        for fence, count in member.runs:
            for _ in range(count):
                yield self._parts / _part(member.key, number, fence)
                number += 1

    def drop_parts(self) -> None:
        """The parts are not needed any more."""
        shutil.rmtree(self._parts, ignore_errors=True)

    @property
    def name(self) -> str:
        """The zip's name in the folder."""
        return self._whole.name


def folder(settings: Settings) -> Path:
    """Where exports lie."""
    return settings.data_dir / "exports"


def sweep(settings: Settings, kept: frozenset[str]) -> int:
    """Remove all but ``kept``, names of files and uuids of work; how many things that were."""
    gone = 0
    where = folder(settings)
    for path in where.iterdir() if where.is_dir() else ():
        if path.name in kept or path.name.partition(".")[0] in kept:
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            with suppress(FileNotFoundError):
                path.unlink()
        gone += 1
    return gone


def _part(key: str, number: int, fence: int) -> str:
    return f"{key}.{number}.{fence}"


def _entry(name: str, at: datetime) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, (at.year, at.month, at.day, at.hour, at.minute, at.second))
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o600 << 16
    return entry


def _write(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{path.name}.part")
    with open(draft, "wb", opener=_private) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
