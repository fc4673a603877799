"""Booking attempts that race over HTTP, on SQLite and on PostgreSQL: never twice, in figures.

``python -m bench.races --attempts 10000`` prints one JSON object per database and fails when a
time was given twice, an answer was neither 303 nor 409, or hardly anything was booked. With
``--without-guard`` the database refuses nothing, with ``--hooks no-lock,no-check`` (or one of them)
the product does not look: either layer alone must do, and without both overlaps are found.
"""

from __future__ import annotations

import argparse
import sys

from bench.installations import Report, add_database_option, new_site, report_on_each
from tests.races.arena import aftermath, build_arena, drop_the_guard
from tests.races.load import days_for, plan, race
from tests.races.web import web_processes

LEAST_BOOKED = 0.1


def run(kind: str, options: argparse.Namespace) -> Report:
    """One race on one kind of database."""
    with new_site(kind, KALENDS_RACE_HOOKS=options.hooks) as site:
        arena = build_arena(site, days_for(options.attempts))
        if options.without_guard:
            drop_the_guard(site)
        attempts = plan(arena, options.attempts, options.seed)
        with web_processes(site, options.web) as ports:
            figures = race(attempts, ports, options.clients)
        overlaps, wrong = aftermath(site)
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
    add_database_option(parser)
    parser.add_argument("--web", type=int, default=3, help="web processes")
    parser.add_argument("--clients", type=int, default=16, help="visitors at the same time")
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--without-guard", action="store_true", help="drop constraint or triggers")
    parser.add_argument("--hooks", default="", help="no-lock,no-check")
    options = parser.parse_args(arguments)
    return report_on_each(options.database, lambda kind: run(kind, options))


if __name__ == "__main__":
    sys.exit(main())
