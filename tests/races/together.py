"""Programs that race for overlapping groups of hosts, over HTTP, one start after the other.

In each round eight programs ask for the same start with candidates of their own: some accounts,
some groups, one of them or all. Nothing is given back in a round, so what was refused can be
judged afterwards: whoever was told 409 must find their candidates taken.
"""

from __future__ import annotations

import base64
import http.client
import json
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

import sqlalchemy as sa

from tests.races.arena import desk_at, engine_of
from tests.races.web import Port, Site
from tests.world import found_organization
from webapp.domain.permissions import Caller, Role
from webapp.domain.required import Required
from webapp.domain.workhours import WorkHours
from webapp.models import Account, BusySpan, table_of
from webapp.services import keys, people, profiles, program_candidates
from webapp.services.profiles import ProfileDraft

HOSTS = 10
RACERS = 8
MINUTES = 30
KEPT_SAMPLES = 5
_SPAN = table_of(BusySpan)
GROUPS: tuple[tuple[str, tuple[int, ...], Required], ...] = (
    ("front", (0, 1, 2), Required.ONE),
    ("back", (2, 3, 4, 5), Required.ONE),
    ("pair", (5, 6), Required.ALL),
    ("board", (0, 6, 7), Required.ALL),
)
"""Name, members by number, how many of them are needed."""


@dataclass(frozen=True)
class Pool:
    """The organization that is raced for: accounts by number, hosts by account."""

    site: Site
    profile_id: int
    accounts: tuple[int, ...]
    hosts: Mapping[int, int]
    authorization: str
    first: datetime


def build_pool(site: Site) -> Pool:
    """Ten hosts who can be met at any hour, one profile with four overlapping groups."""
    now = datetime.now(UTC).replace(microsecond=0)
    with desk_at(site, now) as desk:
        organization_id, owner_id = found_organization(desk, "pool", "Host 0", "host0@example.org")
        with desk.begin(Caller(organization_id, Role.OWNER, owner_id)) as uow:
            for number in range(1, HOSTS):
                people.create_person(uow, f"Host {number}", f"host{number}@example.org")
            found = uow.session.execute(
                sa.select(Account.id, Account.host_id).order_by(Account.host_id)
            ).all()
            accounts = tuple(row[0] for row in found)
            profile_id = profiles.create(uow, _draft(accounts)).id
            groups = [
                program_candidates.Group(name, tuple(accounts[n] for n in members), required)
                for name, members, required in GROUPS
            ]
            program_candidates.attach_groups(uow, profile_id, groups)
            made = keys.make_client(uow, "Racer")
    pair = base64.b64encode(f"{made.client_id}:{made.secret}".encode()).decode()
    first = now.replace(minute=0, second=0) + timedelta(days=2)
    hosts = {row[0]: row[1] for row in found}
    return Pool(site, profile_id, accounts, hosts, f"Basic {pair}", first)


def _draft(accounts: tuple[int, ...]) -> ProfileDraft:
    return ProfileDraft(
        slug="together",
        name="Together",
        durations=(MINUTES,),
        step_minutes=MINUTES,
        horizon_days=365,
        hours=WorkHours("UTC", (((0, 1440),),) * 7, ()),
        accounts=accounts,
    )


@dataclass(frozen=True)
class Wish:
    """What one program asks for in a round; hosts by number."""

    accounts: tuple[int, ...]
    groups: tuple[str, ...]
    required: Required
    reserve: bool

    def could_be_had(self, taken: set[int]) -> bool:
        """Whether it could be met although these hosts are taken."""
        met = [number not in taken for number in self.accounts]
        for name, members, required in GROUPS:
            if name in self.groups:
                free = [number not in taken for number in members]
                met.append(all(free) if required is Required.ALL else any(free))
        return all(met) if self.required is Required.ALL else any(met)


def wishes(seed: int, rounds: int) -> list[list[Wish]]:
    """What is asked for in each round, always the same for one seed."""
    chance = Random(seed)
    return [[_wish(chance) for _ in range(RACERS)] for _ in range(rounds)]


def _wish(chance: Random) -> Wish:
    accounts = tuple(sorted(chance.sample(range(HOSTS), chance.randint(0, 4))))
    most = 2 if accounts else 3
    names = [name for name, *_ in GROUPS]
    groups = tuple(chance.sample(names, chance.randint(0 if accounts else 1, most)))
    return Wish(accounts, groups, chance.choice(list(Required)), chance.random() < 0.15)


@dataclass
class Outcome:
    """What came of a race."""

    rounds: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    others: list[str] = field(default_factory=list)
    empty_rounds: int = 0
    refused_one: list[str] = field(default_factory=list)
    refused_all: int = 0
    seconds: float = 0.0


class _Racer:
    """One program on one connection."""

    def __init__(self, pool: Pool, port: Port) -> None:
        self._pool = pool
        self._line = http.client.HTTPConnection("127.0.0.1", port.number, timeout=60)

    def ask(self, wish: Wish, start: datetime) -> tuple[int, bytes]:
        """Book or reserve; a reservation is confirmed at once."""
        accounts = [self._pool.accounts[number] for number in wish.accounts]
        time = {"start": _wire(start), "end": _wire(start + timedelta(minutes=MINUTES))}
        body = {"time": time, "accountIds": accounts, "groupXids": wish.groups}
        if not wish.reserve:
            body["schedulerInfo"] = {"name": "Racer", "email": "racer@example.org"}
        path = f"/v1/book/group/profiles/{self._pool.profile_id}/meeting"
        query = f"?required={wish.required.value}" + ("&reserveForMinutes=60" * wish.reserve)
        status, text = self._send("POST", path + query, body)
        if status == 200 and wish.reserve:
            number = json.loads(text)["reservationId"]
            status, text = self._send("POST", f"/v1/book/group/reservations/{number}/confirm")
        return status, text

    def close(self) -> None:
        """Hang up."""
        self._line.close()

    def _send(self, method: str, path: str, body: object = None) -> tuple[int, bytes]:
        headers = {"Authorization": self._pool.authorization, "Content-Type": "application/json"}
        text = None if body is None else json.dumps(body)
        try:
            self._line.request(method, path, text, headers)
            came = self._line.getresponse()
            return came.status, came.read()
        except (OSError, http.client.HTTPException) as error:
            self._line.close()
            return 0, repr(error).encode()


def start_of(pool: Pool, number: int) -> datetime:
    """What is raced for in a round."""
    return pool.first + timedelta(minutes=MINUTES * number)


def _wire(start: datetime) -> str:
    return start.strftime("%Y-%m-%dT%H:%M:%SZ")


def race_together(pool: Pool, ports: Sequence[Port], plan: list[list[Wish]]) -> Outcome:
    """Run the rounds; every racer waits for the others before the next one begins."""
    outcome, lock, ready = Outcome(), threading.Lock(), threading.Barrier(RACERS)
    answers: list[dict[int, int]] = [{} for _ in plan]

    def run(place: int) -> None:
        with closing(_Racer(pool, ports[place % len(ports)])) as racer:
            for number, wanted in enumerate(plan):
                ready.wait()
                status, text = racer.ask(wanted[place], start_of(pool, number))
                with lock:
                    answers[number][place] = status
                    outcome.statuses[str(status)] += 1
                    if status not in (200, 409) and len(outcome.others) < KEPT_SAMPLES:
                        outcome.others.append(f"{status}: {text[:300]!r}")

    began = datetime.now(UTC)
    with ThreadPoolExecutor(RACERS) as threads:
        for each in [threads.submit(run, place) for place in range(RACERS)]:
            each.result()
    outcome.seconds = (datetime.now(UTC) - began).total_seconds()
    _judge(pool, plan, answers, outcome)
    return outcome


def _judge(
    pool: Pool, plan: list[list[Wish]], answers: list[dict[int, int]], outcome: Outcome
) -> None:
    """Look at what was refused, round by round."""
    taken = _taken(pool)
    for number, wanted in enumerate(plan):
        start = start_of(pool, number)
        outcome.rounds += 1
        outcome.empty_rounds += 200 not in answers[number].values()
        for place, wish in enumerate(wanted):
            if answers[number][place] == 409 and wish.could_be_had(taken.get(start, set())):
                if wish.required is Required.ALL:
                    outcome.refused_all += 1
                elif len(outcome.refused_one) < KEPT_SAMPLES:
                    outcome.refused_one.append(f"round {number}: {wish}")


def _taken(pool: Pool) -> dict[datetime, set[int]]:
    """Which hosts, by number, are taken at each start."""
    numbers = {pool.hosts[account]: n for n, account in enumerate(pool.accounts)}
    found: dict[datetime, set[int]] = {}
    with engine_of(pool.site) as engine, engine.connect() as connection:
        for host_id, start in connection.execute(sa.select(_SPAN.c.host_id, _SPAN.c.start_at)):
            found.setdefault(start, set()).add(numbers[host_id])
    return found
