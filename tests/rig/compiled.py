"""What every application compiles alike, compiled once in a process.

A test has an application of its own. Making one took 180 ms, of which 165 went into the builders of
its addresses, and its first page another 80 for templates: more than most tests themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.routing import Rule

Builder = Callable[..., tuple[str, str]]


class _InMemory(BytecodeCache):
    """Compiled templates by name and by the checksum of their source."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill the bucket when this very source was compiled before."""
        found = self._kept.get((bucket.key, bucket.checksum))
        if found is not None:
            bucket.bytecode_from_string(found)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled."""
        self._kept[bucket.key, bucket.checksum] = bucket.bytecode_to_string()


def share() -> None:
    """Let all applications of this process share compiled templates and address builders."""
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": _InMemory()}
    kept: dict[Hashable, Builder] = {}
    compiled = Rule._compile_builder

    def builder(rule: Rule, append_unknown: bool = True) -> Builder:
        # All that werkzeug's own method looks at; what it makes gets its rule when it is called.
        defaults = tuple(sorted((rule.defaults or {}).items()))
        key = (rule.rule, tuple(rule._trace), defaults, append_unknown)
        if key not in kept:
            kept[key] = compiled(rule, append_unknown)
        return kept[key]

    unchecked: Any = Rule
    unchecked._compile_builder = builder
