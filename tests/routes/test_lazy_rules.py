"""Addresses that are compiled late are those that werkzeug writes."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.routing import Map, Rule

from webapp.blueprints.lazy_rules import LazyRule

ASKED: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("/", {}, {}),
    ("/", {}, {"page": "2", "of": ["a", "b"]}),
    ("/<org>/<profile>", {}, {"org": "häfen", "profile": "intro call", "d": "2026-11-21"}),
    ("/b/<int:number>/", {}, {"number": 7, "": "x"}),
    ("/o/<path:rest>", {}, {"rest": "a/b?c"}),
    ("/seen", {"page": 1}, {"page": 1}),
    ("/b/<uuid:key>", {}, {"key": "0b5f4d7e-0000-4000-8000-000000000001"}),
]


@pytest.mark.parametrize(("path", "defaults", "values"), ASKED)
def test_an_address_compiled_late_is_the_same(
    path: str, defaults: dict[str, Any], values: dict[str, Any]
) -> None:
    written = []
    for kind in (Rule, LazyRule):
        rules = Map([kind(path, endpoint="here", defaults=defaults or None)])
        bound = rules.bind("example.org")
        again = [bound.build("here", dict(values), append_unknown=more) for more in (True, False)]
        written.append([*again, bound.build("here", dict(values))])
    assert written[0] == written[1]


def test_a_route_is_compiled_when_its_address_is_asked_for_and_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compiled: list[str] = []
    real = Rule._compile_builder

    def counted(rule: Rule, append_unknown: bool = True) -> Any:
        compiled.append(rule.rule)
        return real(rule, append_unknown)

    monkeypatch.setattr(Rule, "_compile_builder", counted)
    rules = Map([LazyRule("/<a>", endpoint="one"), LazyRule("/x/<a>", endpoint="two")])
    bound = rules.bind("example.org")
    bound.match("/x/y")
    assert compiled == []
    assert [bound.build("two", {"a": each}) for each in "bc"] == ["/x/b", "/x/c"]
    assert compiled == ["/x/<a>"]
