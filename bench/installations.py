"""Installations to race on, one on each kind of database, and the reports of what came of it."""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.races.web import Site
from tests.rig.postgres import cluster
from webapp import migrations

DATABASES = ("sqlite", "postgresql")

Report = dict[str, object]


@contextmanager
def new_database(kind: str, folder: Path) -> Iterator[str]:
    """The address of a migrated, empty database."""
    if kind == "sqlite":
        url = f"sqlite:///{folder / 'kalends.sqlite3'}"
        migrations.migrate(url)
        yield url
        return
    with cluster() as server:
        url = server.database()
        migrations.migrate(url)
        yield url


@contextmanager
def new_site(kind: str, **more: str) -> Iterator[Site]:
    """An installation of its own, with ``more`` in its environment; gone in the end."""
    with tempfile.TemporaryDirectory(prefix="kal-race-") as name:
        folder = Path(name)
        with new_database(kind, folder) as url:
            yield Site(url, folder, more)


def add_database_option(parser: argparse.ArgumentParser) -> None:
    """``--database``: one of them, more than once for more; none is all."""
    parser.add_argument("--database", choices=DATABASES, action="append")


def report_on_each(asked: list[str] | None, run: Callable[[str], Report]) -> int:
    """Run on each kind and print its report; 1 when ``holds_the_bar`` is false in one of them."""
    good = True
    for kind in asked or DATABASES:
        report = run(kind)
        print(json.dumps(report, indent=2), flush=True)
        good &= bool(report["holds_the_bar"])
    return 0 if good else 1
