"""Requests per second of one day of free times of 1,000 accounts, as a share of an empty page's.

A program asks the group booking surface over HTTP: its key is proved, the profile's state looked
up, the day answered from what the process keeps, ten accounts a start: as it was written before,
and with the text made anew out of the kept matrix. One web process of the production server,
SQLite, two clients on kept connections, interleaved rounds, median.
"""

from __future__ import annotations

import base64
import json
import tempfile
from pathlib import Path
from statistics import median

from bench.booking import NOW
from bench.crowd import Crowd
from bench.pages import per_second, serving
from bench.workload import Workload
from webapp.services import keys

BAR = 0.35
PEOPLE, DAYS, MEETINGS = 1000, 60, 200


def run(rounds: int = 5) -> dict[str, object]:
    """Measure; ``holds`` says whether the bar does."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        work = Workload(people=PEOPLE, days=DAYS, meetings=MEETINGS)
        crowd = Crowd(folder, work)
        profile_id = crowd.profile(PEOPLE, "crowd")
        with crowd.begin(crowd.owner) as uow:
            made = keys.make_client(uow, "Bench")
        crowd.engine.dispose()
        pair = base64.b64encode(f"{made.client_id}:{made.secret}".encode()).decode()
        day = work.first.replace(day=work.first.day + 1).isoformat()
        path = f"/v1/book/group/profiles/{profile_id}/meeting?fromDate={day}&intervalLength=P1D"
        with serving(folder, BENCH_NOW=NOW.isoformat()) as port:
            proof = f"Authorization: Basic {pair}\r\n"
            asks = {
                "empty": ("/empty", ""),
                "day": (path, proof),
                "day, written anew": (path, f"{proof}Bench-Anew: 1\r\n"),
            }
            found: dict[str, list[float]] = {what: [] for what in asks}
            for asked in asks.values():
                per_second(port, *asked)
            for _ in range(rounds):
                for what, asked in asks.items():
                    found[what].append(per_second(port, *asked))
    empty = found["empty"]
    shares = {
        what: round(median(n / e for n, e in zip(counts, empty, strict=True)), 3)
        for what, counts in found.items()
        if what != "empty"
    }
    return {
        "per second": {what: round(median(counts)) for what, counts in found.items()},
        "shares": shares,
        "bar": BAR,
        "holds": min(shares.values()) >= BAR,
    }


if __name__ == "__main__":
    print(json.dumps(run(), indent=1))
