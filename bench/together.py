"""Programs that race for overlapping groups of ten hosts, on SQLite and on PostgreSQL, in figures.

``python -m bench.together --rounds 2000`` prints one JSON object per database and fails when a
host was taken twice, an answer was neither 200 nor 409, a round had no winner, or somebody who
needed one host was refused although one of those named was free.
"""

from __future__ import annotations

import argparse
import sys

from bench.installations import Report, add_database_option, new_site, report_on_each
from tests.races.arena import aftermath
from tests.races.together import build_pool, race_together, wishes
from tests.races.web import web_processes


def run(kind: str, rounds: int, seed: int, web: int) -> Report:
    """One race on one kind of database."""
    with new_site(kind) as site:
        pool = build_pool(site)
        with web_processes(site, web) as ports:
            outcome = race_together(pool, ports, wishes(seed, rounds))
        overlaps, broken = aftermath(site)
    faults = (overlaps, broken, outcome.others, outcome.empty_rounds, outcome.refused_one)
    return {
        "database": kind,
        "rounds": outcome.rounds,
        "statuses": dict(outcome.statuses),
        "overlaps": overlaps,
        "broken_invariants": broken[:10],
        "others": outcome.others,
        "rounds_without_winner": outcome.empty_rounds,
        "one_refused_wrongly": outcome.refused_one,
        "all_refused_after_three_tries": outcome.refused_all,
        "seconds": round(outcome.seconds, 1),
        "holds_the_bar": not any(faults),
    }


def main(arguments: list[str] | None = None) -> int:
    """Race on the databases asked for; the exit code says whether the bar holds on all."""
    parser = argparse.ArgumentParser(prog="bench.together", description=__doc__)
    parser.add_argument("--rounds", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--web", type=int, default=2, help="web processes")
    add_database_option(parser)
    options = parser.parse_args(arguments)
    return report_on_each(
        options.database, lambda kind: run(kind, options.rounds, options.seed, options.web)
    )


if __name__ == "__main__":
    sys.exit(main())
