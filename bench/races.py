"""Booking attempts that race over HTTP, on SQLite and on PostgreSQL: never twice, in figures.

``python -m bench.races --attempts 10000`` prints one JSON object per database and fails when a
time was given twice, an answer was neither 303 nor 409, or hardly anything was booked. With
``--without-guard`` the database refuses nothing, with ``--hooks no-lock,no-check`` (or one of them)
the product does not look: either layer alone must do, and without both overlaps are found.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests import invariants
from tests.races.arena import build_arena, drop_the_guard, engine_of
from tests.races.load import days_for, plan, race
from tests.races.web import Site, web_processes
from tests.rig.postgres import cluster
from webapp import migrations

LEAST_BOOKED = 0.1


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


def run(kind: str, options: argparse.Namespace) -> dict[str, object]:
    """One race on one kind of database."""
    with tempfile.TemporaryDirectory(prefix="kal-race-") as name:
        folder = Path(name)
        with new_database(kind, folder) as url:
            site = Site(url, folder, {"KALENDS_RACE_HOOKS": options.hooks})
            arena = build_arena(site, days_for(options.attempts))
            if options.without_guard:
                drop_the_guard(site)
            attempts = plan(arena, options.attempts, options.seed)
            with web_processes(site, options.web) as ports:
                figures = race(attempts, ports, options.clients)
            with engine_of(site) as engine:
                overlaps = invariants.overlaps(engine)
                wrong = invariants.check(engine)
    report = figures.report()
    enough = figures.booked >= LEAST_BOOKED * options.attempts
    good = not (overlaps or wrong or figures.others or figures.broken) and enough
    return {
        "database": kind,
        "web_processes": options.web,
        "clients": options.clients,
        "guard": not options.without_guard,
        "hooks": options.hooks,
        **report,
        "overlaps": overlaps,
        "broken_invariants": wrong[:10],
        "holds_the_bar": good,
    }


def main(arguments: list[str] | None = None) -> int:
    """Race on the databases asked for; the exit code says whether the bar holds on all."""
    parser = argparse.ArgumentParser(prog="bench.races", description=__doc__)
    parser.add_argument("--attempts", type=int, default=10_000)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), action="append")
    parser.add_argument("--web", type=int, default=3, help="web processes")
    parser.add_argument("--clients", type=int, default=16, help="visitors at the same time")
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--without-guard", action="store_true", help="drop constraint or triggers")
    parser.add_argument("--hooks", default="", help="no-lock,no-check")
    options = parser.parse_args(arguments)
    reports = []
    for kind in options.database or ["sqlite", "postgresql"]:
        reports.append(run(kind, options))
        print(json.dumps(reports[-1], indent=2), flush=True)
    return 0 if all(report["holds_the_bar"] for report in reports) else 1


if __name__ == "__main__":
    sys.exit(main())
