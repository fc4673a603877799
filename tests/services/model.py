"""A slow, obvious model of who has which time: sets of minutes, no database, no clock of its own.

It knows what ``World`` of the walk offers: profiles around the clock on a grid, with buffers,
seats, several hosts and a limit a day. Minutes are counted from 1970 in UTC.
"""

from __future__ import annotations

from dataclasses import dataclass, field

DAY = 1440


@dataclass(frozen=True)
class Plan:
    """What a profile asks for. ``needed``: every host ("all") or one of them ("one")."""

    slug: str
    hosts: tuple[str, ...]
    minutes: int
    step: int
    before: int = 0
    after: int = 0
    seats: int = 1
    needed: str = "one"
    approval: bool = False
    notice: int = 0
    a_day: int | None = None
    horizon_days: int = 5

    def padded(self, start: int) -> set[int]:
        """Every minute that a meeting at ``start`` takes of its hosts."""
        return set(range(start - self.before, start + self.minutes + self.after))


@dataclass
class Visit:
    """A booking: ``held`` until a minute, ``pending``, ``confirmed``, or over."""

    name: str
    plan: Plan
    start: int
    status: str
    until: int = 0
    meeting: Meeting | None = None
    extended: bool = False

    def is_live(self, now: int) -> bool:
        """Whether it takes its place at ``now``."""
        return self.status in ("pending", "confirmed") or (
            self.status == "held" and self.until > now
        )


@dataclass
class Meeting:
    """Some hosts, one start, and who comes."""

    plan: Plan
    start: int
    hosts: tuple[str, ...]
    visits: list[Visit] = field(default_factory=list)

    def live(self, now: int) -> int:
        """How many seats are taken at ``now``."""
        return sum(visit.is_live(now) for visit in self.visits)


@dataclass
class Model:
    """All meetings there ever were, and what they leave free."""

    meetings: list[Meeting] = field(default_factory=list)

    def busy(self, host: str, now: int, without: Meeting | None) -> set[int]:
        """The minutes of a host that are taken."""
        taken: set[int] = set()
        for meeting in self.meetings:
            if meeting is not without and host in meeting.hosts and meeting.live(now):
                taken |= meeting.plan.padded(meeting.start)
        return taken

    def free_hosts(
        self, plan: Plan, start: int, now: int, without: Meeting | None = None
    ) -> list[str]:
        """Who of the plan's hosts could take ``start``."""
        wanted = plan.padded(start)
        return [
            host
            for host in plan.hosts
            if not wanted & self.busy(host, now, without)
            and not self._full(plan, host, start, now, without)
        ]

    def _full(self, plan: Plan, host: str, start: int, now: int, without: Meeting | None) -> bool:
        on_that_day = sum(
            meeting.plan is plan
            and host in meeting.hosts
            and meeting is not without
            and meeting.live(now) > 0
            and meeting.start // DAY == start // DAY
            for meeting in self.meetings
        )
        return plan.a_day is not None and on_that_day >= plan.a_day

    def open_meeting(
        self, plan: Plan, start: int, now: int, without: Meeting | None = None
    ) -> Meeting | None:
        """The meeting at ``start`` in which a seat is left."""
        for meeting in self.meetings:
            same = meeting.plan is plan and meeting.start == start and meeting is not without
            if same and 0 < meeting.live(now) < plan.seats:
                return meeting
        return None

    def offers(self, plan: Plan, start: int, now: int, without: Meeting | None = None) -> bool:
        """Whether ``start`` can be booked."""
        too_soon = start < now + plan.notice
        too_far = start > now + plan.horizon_days * DAY
        if too_soon or too_far:
            return False
        if self.open_meeting(plan, start, now, without):
            return True
        if start % DAY % plan.step:
            return False
        free = self.free_hosts(plan, start, now, without)
        return len(free) == len(plan.hosts) if plan.needed == "all" else bool(free)

    def sole(self, visit: Visit, now: int) -> Meeting | None:
        """The visit's meeting when nobody else is in it: its time counts as free for a change."""
        meeting = visit.meeting
        if meeting is None or not visit.is_live(now):
            return None
        return meeting if meeting.live(now) == 1 else None

    def place(self, visit: Visit, start: int, hosts: tuple[str, ...], now: int) -> str:
        """Put the visit at ``start``; a sentence when ``hosts`` is not a right choice, else ""."""
        left_out = self.sole(visit, now)
        found = self.open_meeting(visit.plan, start, now, left_out)
        free = self.free_hosts(visit.plan, start, now, left_out)
        if visit.meeting is not None:
            visit.meeting.visits.remove(visit)
        wrong = ""
        if found is None:
            found = Meeting(visit.plan, start, hosts)
            self.meetings.append(found)
            enough = len(visit.plan.hosts) if visit.plan.needed == "all" else 1
            if len(hosts) != enough or not set(hosts) <= set(free):
                wrong = f"{hosts} were chosen for {visit.plan.slug}, free are {free}"
        elif found.hosts != hosts:
            wrong = f"joined a meeting of {hosts}, the open one is of {found.hosts}"
        found.visits.append(visit)
        visit.meeting, visit.start = found, start
        return wrong
