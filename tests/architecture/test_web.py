"""The laws of the web floor: doors, parts, and what a template may hold."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask

from tests.architecture.source import PACKAGE
from webapp.blueprints.doors import DOORS
from webapp.blueprints.refusals import status_of
from webapp.domain import errors

TEMPLATES = PACKAGE / "templates"
PAGES = sorted(path for path in TEMPLATES.rglob("*.html") if "mail" not in path.parts)

EVAL_NEEDING = re.compile(
    r"hx-on[:-]|hx-vars=|hx-vals=['\"]js:|hx-headers=['\"]js:|hx-trigger=\"[^\"]*\["
)
INLINE = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>|<style[\s>]|\sstyle=|\son[a-z]+=\"|javascript:")


def test_every_blueprint_has_a_door(app: Flask) -> None:
    assert sorted(set(app.blueprints) - set(DOORS)) == []
    outside = [r.endpoint for r in app.url_map.iter_rules() if "." not in r.endpoint]
    assert outside == [], "a route outside of all blueprints has no door"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_no_template_holds_inline_code_or_attributes_that_need_eval(path: Path) -> None:
    text = path.read_text()
    assert not INLINE.search(text)
    assert not EVAL_NEEDING.search(text)


def test_every_part_is_included_by_a_page_or_named_by_a_view() -> None:
    everything = "\n".join(path.read_text() for path in PAGES)
    views = "\n".join(path.read_text() for path in PACKAGE.rglob("*.py"))
    unused = [
        path.name
        for path in PAGES
        if path.name.startswith("_")
        and path.name not in everything
        and path.stem.removeprefix("_") not in views
    ]
    assert unused == []


def test_every_hx_target_exists() -> None:
    everything = "\n".join(path.read_text() for path in PAGES)
    targets = set(re.findall(r'hx-target="#([\w-]+)"', everything))
    ids = set(re.findall(r'\bid="([\w-]+)"', everything))
    assert targets - ids == set()


def test_every_request_by_htmx_says_where_its_answer_goes() -> None:
    bare = [
        (path.name, tag[:80])
        for path in PAGES
        for tag in re.findall(r"<[^>]*\bhx-(?:get|post)=[^>]*>", path.read_text())
        if "hx-target=" not in tag
    ]
    assert bare == []


def refusals() -> list[type[errors.Refusal]]:
    kinds = [errors.Refusal]
    for kind in kinds:
        kinds.extend(kind.__subclasses__())
    return [kind for kind in dict.fromkeys(kinds) if kind.__module__.startswith("webapp.")]


@pytest.mark.parametrize("kind", refusals(), ids=lambda kind: kind.__name__)
def test_every_refusal_has_a_status_of_its_own_family(kind: type[errors.Refusal]) -> None:
    refusal = kind.__new__(kind)
    refusal.message, refusal.field = "no", None
    assert 400 <= status_of(refusal) < 600
