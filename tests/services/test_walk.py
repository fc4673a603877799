"""A random walk through everything that takes time or gives it back, against a slow model.

After each step the service's answer is the model's, what is offered is what the model says is
free, and every invariant of the database holds.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from uuid import UUID

import pytest

from tests import invariants
from tests.services.model import DAY, Model, Plan, Visit
from tests.world import Desk, World, build_world
from webapp.domain.errors import Conflict
from webapp.domain.permissions import Caller, Role
from webapp.domain.required import Required
from webapp.domain.span import Interval, from_minute, to_minute
from webapp.domain.workhours import WorkHours
from webapp.models import Actor, Booking, Meeting
from webapp.services import bookings, holds, offers, upkeep
from webapp.services.holds import Details
from webapp.services.unit_of_work import UnitOfWork

HOLD_MINUTES = 8
NIGHT_AND_DAY = WorkHours("UTC", (((0, 1440),),) * 7, ())
REACH = 240
"""How many minutes ahead the walk books: few enough that its bookings meet."""

PLANS = (
    Plan("ada", ("ada",), 30, 30),
    Plan("bela", ("bela",), 20, 10, before=5, after=10),
    Plan("limited", ("chris",), 15, 15, after=5, a_day=2),
    Plan("class", ("ada",), 45, 15, before=10, seats=3),
    Plan("any", ("ada", "bela", "chris"), 30, 15, after=10),
    Plan("both", ("ada", "chris"), 25, 5, needed="all"),
    Plan("asked", ("bela", "chris"), 30, 30, approval=True, notice=30),
    Plan("crowd", ("bela", "chris"), 30, 30, seats=2, needed="all"),
)


def make_profile(world: World, plan: Plan) -> int:
    """The profile that the model's plan stands for."""
    return world.profile(
        *plan.hosts,
        slug=plan.slug,
        durations=(plan.minutes,),
        step_minutes=plan.step,
        buffer_before_minutes=plan.before,
        buffer_after_minutes=plan.after,
        seats=plan.seats,
        required=Required(plan.needed),
        needs_approval=plan.approval,
        notice_minutes=plan.notice,
        limit_per_day=plan.a_day,
        horizon_days=plan.horizon_days,
        hold_minutes=HOLD_MINUTES,
        hours=NIGHT_AND_DAY,
        zone="UTC",
    )


@dataclass
class Walk:
    """The service's world and the model, side by side."""

    desk: Desk
    chance: Random
    world: World = field(init=False)
    model: Model = field(default_factory=Model)
    visits: list[Visit] = field(default_factory=list)
    uuids: dict[str, UUID] = field(default_factory=dict)
    drafts: dict[str, str] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)
    happened: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.world = build_world(self.desk, zone="UTC")
        self.profiles = {plan.slug: make_profile(self.world, plan) for plan in PLANS}
        self.names = {host_id: name for name, host_id in self.world.hosts.items()}

    # ------------------------------------------------------------------------------------- steps

    def step(self) -> None:
        """Do something, and see that everything is as it should be."""
        steps: list[tuple[Callable[[], None], int]] = [
            (self.hold, 6),
            (self.book, 5),
            (self.confirm, 6),
            (self.confirm_elsewhere, 4),
            (self.extend, 2),
            (self.move, 5),
            (self.cancel, 3),
            (self.decide, 3),
            (self.wait, 4),
            (self.sweep, 1),
        ]
        chosen = self.chance.choices([s for s, _ in steps], [weight for _, weight in steps])[0]
        chosen()
        broken = invariants.check(self.desk.engine)
        assert broken == [], self.told[-12:]
        self.compare(self.chance.choice(PLANS))

    def hold(self) -> Visit | None:
        """Take a time for a while."""
        plan, start = self.some_plan_and_start()
        visit = Visit(f"v{len(self.visits)}", plan, start, "held", self.now + HOLD_MINUTES)

        def act(uow: UnitOfWork) -> Booking:
            return holds.hold(
                uow,
                self.profiles[plan.slug],
                from_minute(start),
                duration_minutes=plan.minutes,
                zone_name="UTC",
            )

        allowed = self.model.offers(plan, start, self.now)
        made = self.attempt(f"hold {visit.name} {plan.slug} {start}", allowed, act)
        if made is None:
            return None
        self.drafts[visit.name], self.uuids[visit.name] = made.public_id, made.uuid
        self.visits.append(visit)
        self.settle(visit, start)
        return visit

    def book(self) -> None:
        """Hold and confirm at once."""
        visit = self.hold()
        if visit is not None:
            self.confirm_at(visit, None)

    def confirm(self) -> None:
        """Confirm a draft, lapsed or not."""
        visit = self.some("held")
        if visit is not None:
            self.confirm_at(visit, None)

    def confirm_elsewhere(self) -> None:
        """Confirm a draft at another time than it was held for."""
        visit = self.some("held")
        if visit is not None:
            self.confirm_at(visit, self.some_start())

    def confirm_at(self, visit: Visit, start: int | None) -> None:
        """Confirm; the hold is honoured, anything else has to be free."""
        wanted = visit.start if start is None else start
        kept = visit.is_live(self.now) and wanted == visit.start
        sole = self.model.sole(visit, self.now)
        allowed = kept or self.model.offers(visit.plan, wanted, self.now, sole)
        details = Details(visit.name, f"{visit.name}@example.org", second_ok=True)
        chosen = None if start is None else from_minute(start)
        done = self.attempt(
            f"confirm {visit.name} {visit.plan.slug} at {start}, live {visit.is_live(self.now)}",
            allowed,
            lambda uow: holds.confirm(uow, self.drafts[visit.name], details, start=chosen),
        )
        if done is not None:
            if not kept:
                self.settle(visit, wanted)
            visit.status = "pending" if visit.plan.approval else "confirmed"

    def extend(self) -> None:
        """Keep a hold for longer, once."""
        visit = self.some("held")
        if visit is None:
            return
        allowed = visit.is_live(self.now) and not visit.extended
        draft = self.drafts[visit.name]
        done = self.attempt(f"extend {visit.name}", allowed, lambda uow: holds.extend(uow, draft))
        if done is not None:
            visit.until, visit.extended = self.now + HOLD_MINUTES, True

    def move(self) -> None:
        """Put a booking somewhere else."""
        visit = self.some("pending", "confirmed")
        start = self.some_start()
        if visit is None or start == visit.start:
            return
        sole = self.model.sole(visit, self.now)
        allowed = visit.start > self.now and self.model.offers(visit.plan, start, self.now, sole)
        uuid = self.uuids[visit.name]
        done = self.attempt(
            f"move {visit.name} {visit.plan.slug} {visit.start} to {start}",
            allowed,
            lambda uow: bookings.move(uow, uuid, from_minute(start), by=Actor.INVITEE),
        )
        if done is not None:
            self.settle(visit, start)

    def cancel(self) -> None:
        """Cancel a booking, over or not."""
        visit = self.some("pending", "confirmed", "cancelled")
        if visit is None:
            return
        allowed = visit.status != "cancelled" and visit.start > self.now
        uuid = self.uuids[visit.name]
        done = self.attempt(
            f"cancel {visit.name}",
            allowed,
            lambda uow: bookings.cancel(uow, uuid, by=Actor.INVITEE),
        )
        if done is not None:
            visit.status = "cancelled"

    def decide(self) -> None:
        """Approve or decline a request."""
        visit = self.some("pending")
        if visit is None:
            return
        uuid, approve = self.uuids[visit.name], self.chance.random() < 0.5
        allowed = visit.start > self.now or not approve
        decision = bookings.approve if approve else bookings.decline
        done = self.attempt(
            f"approve {approve} {visit.name}",
            allowed,
            lambda uow: decision(uow, uuid),
            self.world.owner,
        )
        if done is not None:
            visit.status = "confirmed" if approve else "declined"

    def wait(self) -> None:
        """Let time pass."""
        minutes = self.chance.choice((1, 3, 5, 5, 8, 9, 20))
        self.desk.clock.forward(minutes=minutes)
        self.note(f"wait {minutes}")

    def sweep(self) -> None:
        """What the worker does now and then."""
        with self.desk.begin(Caller(None, Role.SYSTEM)) as uow:
            upkeep.lapse_holds(uow)
        self.note("sweep")

    # ---------------------------------------------------------------------------------- together

    @property
    def now(self) -> int:
        return to_minute(self.desk.clock.now)

    def note(self, what: str) -> None:
        self.told.append(f"{self.now}: {what}")

    def some_plan_and_start(self) -> tuple[Plan, int]:
        """What to hold; often what somebody has, to join in or to be refused."""
        if self.visits and self.chance.random() < 0.4:
            there = self.chance.choice(self.visits[-8:])
            return there.plan, there.start
        plans = (*PLANS, *(plan for plan in PLANS if plan.seats > 1))
        return self.chance.choice(plans), self.some_start()

    def some_start(self) -> int:
        """A minute soon, mostly on a grid that some profile has."""
        grain = self.chance.choice((5, 15, 15, 30, 30, 1))
        return (self.now + self.chance.randrange(REACH)) // grain * grain

    def some(self, *states: str) -> Visit | None:
        """One of the visits in these states; of drafts also those that lapsed."""
        found = [visit for visit in self.visits if visit.status in states]
        return self.chance.choice(found[-8:]) if found else None

    def attempt(
        self,
        what: str,
        allowed: bool,
        act: Callable[[UnitOfWork], Booking],
        caller: Caller | None = None,
    ) -> Booking | None:
        """Do it in a unit of its own; it must succeed exactly when the model allows it."""
        self.note(f"{what}: {'allowed' if allowed else 'refused'}")
        kind = what.partition(" ")[0]
        done = None
        with suppress(Conflict), self.desk.begin(caller or self.world.guest) as uow:
            done = act(uow)
        assert (done is not None) == allowed, self.told[-12:]
        self.happened.add(kind if allowed else f"{kind} refused")
        return done

    def settle(self, visit: Visit, start: int) -> None:
        """Tell the model where the visit is now, with the hosts that the service chose."""
        with self.desk.look(self.world.guest) as uow:
            made = holds.draft(uow, self.drafts[visit.name])
            meeting = uow.session.get(Meeting, made.meeting_id)
            assert meeting is not None
            hosts = tuple(self.names[host_id] for host_id in meeting.host_ids)
            assert to_minute(made.start_at) == to_minute(meeting.start_at) == start
        wrong = self.model.place(visit, start, hosts, self.now)
        assert wrong == "", self.told[-12:]

    def compare(self, plan: Plan) -> None:
        """What is offered next is what the model leaves free."""
        window = Interval(from_minute(self.now), from_minute(self.now + REACH))
        with self.desk.look(self.world.guest) as uow:
            card = offers.profile_page(uow, plan.slug)
            listed = offers.offered(uow, card, window).starts
        minutes = range(self.now, self.now + REACH)
        free = [minute for minute in minutes if self.model.offers(plan, minute, self.now)]
        assert listed == free, (plan.slug, self.told[-12:])


def walk(desk: Desk, seed: int, steps: int) -> set[str]:
    """One walk; what happened on it."""
    desk.clock.now = from_minute(to_minute(desk.clock.now) // DAY * DAY + 7 * 60)
    walk = Walk(desk, Random(seed))
    for _ in range(steps):
        walk.step()
    return walk.happened


@pytest.mark.parametrize("seed", range(5))
def test_every_step_of_a_walk_does_what_a_slow_model_says(desk: Desk, seed: int) -> None:
    assert walk(desk, seed, 150) >= {"hold", "confirm", "hold refused", "confirm refused"}


def test_the_walk_goes_the_same_way_on_postgresql(
    every_desk: Desk, request: pytest.FixtureRequest
) -> None:
    steps = 1500 if request.config.getoption("--long") else 60
    assert walk(every_desk, 77, steps) >= {"hold", "confirm", "hold refused"}
