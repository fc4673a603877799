"""Routes whose addresses are compiled when the first of them is built.

Werkzeug writes and compiles two functions for each route as it is added, which is most of the time
that making the application takes; a process builds addresses of a few dozen in all.
"""

from __future__ import annotations

from typing import Any, Protocol

from werkzeug.routing import Rule


class _Builder(Protocol):
    def __call__(self, rule: Rule, /, **values: Any) -> tuple[str, str]: ...


class LazyRule(Rule):
    """A route that compiles how its address is built when that is asked for.

    The method is werkzeug's own; a version that has another asks this one never, and is as right
    as before.
    """

    def _compile_builder(self, append_unknown: bool = True) -> _Builder:
        made: list[_Builder] = []

        def build(rule: Rule, /, **values: Any) -> tuple[str, str]:
            if not made:
                made.append(super(LazyRule, self)._compile_builder(append_unknown))
            return made[0](rule, **values)

        return build
