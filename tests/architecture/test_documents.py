"""Documents say what is: settings, jobs, failpoints, decisions, claims and links."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from bench.claims import claims
from tests.architecture.source import ROOT
from webapp.jobs.kinds import KINDS
from webapp.models import Base
from webapp.services.failpoints import NAMES
from webapp.settings import Settings

DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def text_of(name: str) -> str:
    return (ROOT / "docs" / name).read_text()


def test_every_setting_is_documented() -> None:
    table = text_of("guide/settings.md")
    names = {"HOST", "PORT"} | {
        f"KALENDS_{name.upper()}" for name in Settings.model_fields if name not in ("host", "port")
    }
    assert sorted(name for name in names if f"`{name}`" not in table) == []
    documented = set(re.findall(r"`(KALENDS_[A-Z_]+)`", table))
    assert documented - names == set(), "a setting is documented that does not exist"


def test_every_kind_of_job_and_every_failpoint_is_documented() -> None:
    page = text_of("guide/jobs.md")
    assert [kind for kind in KINDS if f"`{kind}`" not in page] == []
    assert [name for name in NAMES if f"`{name}`" not in page] == []


def test_every_decision_is_listed() -> None:
    listed = set(re.findall(r"\]\((\d{4}-[a-z0-9-]+\.md)\)", text_of("adr/README.md")))
    assert listed == {path.name for path in (ROOT / "docs/adr").glob("[0-9]*.md")}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_between_documents_lead_somewhere(path: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", path.read_text())
    broken = [
        target for target in targets if "://" not in target and not (path.parent / target).exists()
    ]
    assert broken == []


def test_every_claim_names_a_command_that_exists() -> None:
    for claim in claims():
        module, *arguments = shlex.split(claim.command)
        assert module == "pytest" or module.startswith("bench"), claim.id
        for argument in arguments:
            if argument.startswith("tests/"):
                path, _, name = argument.partition("::")
                assert (ROOT / path).exists(), claim.id
                assert not name or f"def {name.partition('[')[0]}(" in (ROOT / path).read_text()


def test_the_readme_claims_nothing_that_is_not_listed() -> None:
    readme = (ROOT / "README.md").read_text()
    promised = set(re.findall(r"\(claim: `([a-z-]+)`\)", readme))
    assert promised, "the README names its claims"
    assert promised <= {claim.id for claim in claims()}


def test_no_document_or_source_names_a_machine_or_a_registry() -> None:
    private = re.compile(r"(^|[^a-z<])/(work|root|home/[a-z])/|pypi\.org|npmjs|files\.pythonhosted")
    folders = ("webapp", "docs", "migrations", "bench")
    paths = [*ROOT.glob("*.md"), *ROOT.glob("*.toml"), *ROOT.glob("*.lock"), ROOT / "dev.py"]
    for folder in folders:
        paths += [
            path
            for path in (ROOT / folder).rglob("*")
            if path.suffix in (".py", ".md", ".html", ".yaml", ".txt", ".js", ".css", ".mako")
            and "vendor" not in path.parts
        ]
    assert [str(path.relative_to(ROOT)) for path in paths if private.search(path.read_text())] == []


def test_the_glossary_knows_every_table() -> None:
    glossary = text_of("glossary.md").lower()
    inner = {"browser_session", "counter", "audit_entry", "idempotency_key", "calendar_feed"}
    tables = {mapper.class_.__tablename__ for mapper in Base.registry.mappers}
    words = {
        table.replace("_", " ")
        for table in tables - inner
        if not table.startswith(("activity_", "host_group", "profile_"))
    }
    known = {"user", "membership", "access token", "api client", "booking profile", "time away"}
    assert sorted(word for word in words - known if f"| {word} |" not in glossary) == []
