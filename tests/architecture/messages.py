"""Which messages the program says, and whether each catalogue has all of them and nothing else.

``python -m tests.architecture.messages`` tells; with ``--write`` it brings the catalogues into
line: new messages are added without a translation, those that nobody says any more go.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

from tests.architecture.source import PACKAGE, ROOT
from webapp.domain.language import LANGUAGES, SOURCE

KEYWORDS: dict[str, Any] = {"say": None, "Sentence": None, "many": (1, 2)}
_METHODS = {".py": "python", ".html": "jinja2", ".txt": "jinja2"}
_ENDS = ".:…"
_PLACEHOLDER = re.compile(r"%\([a-z_]+\)s|<[^>]+>")

BEGUN = datetime(2026, 11, 21, tzinfo=UTC)
"""The date that every catalogue carries, so that writing it again changes nothing."""

TRANSLATED = [code for code in LANGUAGES if code != SOURCE]


@cache
def said() -> dict[str | tuple[str, ...], set[str]]:
    """Every message of the program, with the files that say it."""
    found: dict[str | tuple[str, ...], set[str]] = {}
    for path in sorted(PACKAGE.rglob("*")):
        method = _METHODS.get(path.suffix)
        if method is None or (method == "jinja2" and "templates" not in path.parts):
            continue
        with path.open("rb") as file:
            options = {"encoding": "utf-8", "silent": "false", "trimmed": "false"}
            for _, message, _, _ in extract(method, file, KEYWORDS, (), options):
                key = tuple(message) if isinstance(message, (list, tuple)) else message
                found.setdefault(key, set()).add(path.relative_to(ROOT).as_posix())
    return found


def catalogue_path(code: str) -> Path:
    """Where the translations of a language are."""
    return PACKAGE / "translations" / code / "LC_MESSAGES" / "kalends.po"


def kept(code: str) -> Catalog:
    """The catalogue of a language."""
    with catalogue_path(code).open("rb") as file:
        return read_po(file, locale=code, abort_invalid=True)


def faults(code: str) -> Iterator[str]:
    """What is wrong with the catalogue of a language, a line each."""
    catalogue, wanted = kept(code), said()
    written = {message.id: message for message in catalogue if message.id}
    keys = {_first(key): key for key in wanted}
    for first in sorted(keys.keys() - {_first(key) for key in written}):
        yield f"{code}: missing: {first!r}"
    for key, message in written.items():
        if _first(key) not in keys:
            yield f"{code}: nobody says {_first(key)!r}"
        elif keys[_first(key)] != key:
            yield f"{code}: one has a plural and the other none: {_first(key)!r}"
        else:
            yield from _faults_of(code, catalogue, message)


def _faults_of(code: str, catalogue: Catalog, message: Message) -> Iterator[str]:
    strings = message.string if isinstance(message.string, tuple) else (message.string,)
    first = _first(message.id)
    if message.fuzzy:
        yield f"{code}: only guessed: {first!r}"
    if not all(strings) or (message.pluralizable and len(strings) != catalogue.num_plurals):
        yield f"{code}: not translated: {first!r}"
        return
    for string in strings:
        if sorted(_PLACEHOLDER.findall(string)) != sorted(_PLACEHOLDER.findall(first)):
            yield f"{code}: other placeholders than {first!r}: {string!r}"
        if string != string.strip() or (string[-1] in _ENDS) != (first[-1] in _ENDS):
            yield f"{code}: begins or ends otherwise than {first!r}: {string!r}"


def _first(key: Any) -> str:
    return str(key[0] if isinstance(key, (list, tuple)) else key)


def in_line(code: str) -> bytes:
    """The catalogue with every message and no other, sorted, so that changes read well."""
    old = kept(code) if catalogue_path(code).exists() else Catalog(locale=code)
    new = Catalog(
        locale=code,
        project="Kalends",
        fuzzy=False,
        header_comment="#",
        version="1",
        last_translator="Kalends",
        language_team="Kalends",
        msgid_bugs_address="-",
        creation_date=BEGUN,
        revision_date=BEGUN,
    )
    for key, paths in sorted(said().items(), key=lambda each: _first(each[0])):
        known = old.get(_first(key))
        empty = ("",) * new.num_plurals if isinstance(key, tuple) else ""
        places = [(path, 0) for path in sorted(paths)]
        new.add(key, known.string if known is not None else empty, places)
    text = BytesIO()
    write_po(text, new, width=0, include_lineno=False)
    return text.getvalue()


def main(words: list[str]) -> int:
    """The command: 1 when something is wrong."""
    found = []
    for code in TRANSLATED:
        if "--write" in words:
            catalogue_path(code).parent.mkdir(parents=True, exist_ok=True)
            catalogue_path(code).write_bytes(in_line(code))
        found += faults(code)
    good = f"{len(said())} messages, complete in {', '.join(TRANSLATED)}"
    sys.stdout.write("\n".join(found or [good]) + "\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
