"""What is counted, as people read it: each plot with its words, its table and its file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from webapp.blueprints.booking.manner import short_day
from webapp.blueprints.console import plots
from webapp.blueprints.console.plots import Bar, Column
from webapp.services.insights import Day, Insights, Rate, months, weeks

DAILY = 35
"""Periods of up to so many days are shown day by day,"""
WEEKLY = 371
"""of up to so many week by week, longer ones month by month."""
BARS = 10
"""Lines of one plot at most; the table has them all."""
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
LEADS = (
    *("Under an hour", "1 to 4 hours", "4 to 24 hours", "1 to 2 days"),
    *("2 to 7 days", "1 to 2 weeks", "2 to 4 weeks", "Longer"),
)
NAMES = ("time", "hours", "ahead", "no-shows", "hosts")
"""The names of the tables, in the order of the page."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A plot with everything that stands beside it. ``key`` names what its colours mean."""

    name: str
    title: str
    means: str
    plot: Markup | None
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    empty: str = ""
    is_wide: bool = False
    key: tuple[tuple[str, str], ...] = ()


def figures(found: Insights) -> list[Figure]:
    """All of them, in the order of the page."""
    return [_time(found), _hours(found), _ahead(found), _no_shows(found), _hosts(found)]


def figure(found: Insights, name: str) -> Figure | None:
    """One of them by its name."""
    return next((each for each in figures(found) if each.name == name), None)


def percent(share: float) -> str:
    """A share of 0 to 1 as "12 %"; a small one keeps a decimal."""
    return f"{share * 100:.1f} %" if 0 < share < 0.01 else f"{share * 100:.0f} %"


def interval(rate: Rate) -> str:
    """The likely range of a rate: "3 % to 26 %"."""
    return f"{percent(rate.low)} to {percent(rate.high)}"


def _time(found: Insights) -> Figure:
    step_words, steps = _steps(found.days)
    busiest = max(steps, key=lambda step: step.booked)
    says = (
        f"{found.booked} bookings and {found.cancelled} cancellations over {len(steps)} "
        f"{step_words}s; the most in one {step_words}: {busiest.booked}, "
        f"from {short_day(busiest.first)}."
    )
    bars = [Column(f"{day.first:%-d %b}", day.booked, day.cancelled) for day in steps]
    return Figure(
        "time",
        f"Bookings by {step_words}",
        "By the day on which they begin, not the day on which they were made."
        + (" Weeks begin on Monday." if step_words == "week" else ""),
        plots.columns("time", f"Bookings by {step_words}", says, bars),
        ("From", "To", "Booked", "Cancelled"),
        tuple(
            (day.first.isoformat(), day.last.isoformat(), str(day.booked), str(day.cancelled))
            for day in steps
        ),
        is_wide=True,
        key=(("p1", "Booked"), ("p2", "Cancelled")),
    )


def _steps(days: Sequence[Day]) -> tuple[str, Sequence[Day]]:
    if len(days) <= DAILY:
        return "day", days
    return ("week", weeks(days)) if len(days) <= WEEKLY else ("month", months(days))


def _hours(found: Insights) -> Figure:
    used = [hour for hour in range(24) if any(row[hour] for row in found.hours)] or [9, 16]
    first, last = min(used), max(used)
    while last - first < 7:  # a map of a few hours keeps its shape
        first, last = max(0, first - 1), min(23, last + 1)
    shown = range(first, last + 1)
    most = max(count for row in found.hours for count in row)
    fullest = [
        f"{WEEKDAYS[day]} at {hour:02d}"
        for day in range(7)
        for hour in shown
        if most and found.hours[day][hour] == most
    ]
    says = f"Most bookings begin {', '.join(fullest[:3])}: {most} each." if most else "No bookings."
    counts = [[found.hours[day][hour] for hour in shown] for day in range(7)]
    return Figure(
        "hours",
        "When they begin",
        "Bookings by weekday and hour on your clock; the stronger the colour, the more.",
        plots.heat(
            "hours",
            "Bookings by weekday and hour",
            says,
            WEEKDAYS,
            [f"{hour:02d}" for hour in shown],
            counts,
        ),
        ("Hour", *WEEKDAYS),
        tuple(
            (f"{hour:02d}:00", *(str(found.hours[day][hour]) for day in range(7))) for hour in shown
        ),
        key=tuple(
            (f"h{level}", _range(level, most))
            for level in range(1, plots.LEVELS + 1)
            if _range(level, most)
        ),
    )


def _range(level: int, most: int) -> str:
    """The counts that have a shade: "3–4"."""
    counts = [count for count in range(1, most + 1) if plots.shade_of(count, most) == level]
    if not counts:
        return ""
    return str(counts[0]) if len(counts) == 1 else f"{counts[0]}–{counts[-1]}"


def _ahead(found: Insights) -> Figure:
    whole = found.booked or 1
    likely = max(range(len(LEADS)), key=lambda number: found.leads[number])
    says = f"Most were booked {LEADS[likely].lower()} ahead: {found.leads[likely]}."
    bars = [
        Bar(words, count, f"{count} · {percent(count / whole)}" if count else "0")
        for words, count in zip(LEADS, found.leads, strict=True)
    ]
    return Figure(
        "ahead",
        "How far ahead",
        "From the moment of booking to the start as it is now; moving a booking changes it.",
        plots.lines("ahead", "Bookings by time ahead", says, bars, max((*found.leads, 1))),
        ("Booked ahead", "Bookings", "Share"),
        tuple(
            (words, str(count), percent(count / whole))
            for words, count in zip(LEADS, found.leads, strict=True)
        ),
    )


def _no_shows(found: Insights) -> Figure:
    rates = [Rate("All", *_numbers(found.no_shows)), *found.by_profile]
    shown = rates[: BARS + 1] if len(found.by_profile) > 1 else rates[:1]
    top = max((rate.high for rate in shown), default=1.0)
    bars = [
        Bar(rate.name, rate.share, f"{rate.missed} of {rate.judged}", rate.low, rate.high)
        for rate in shown
    ]
    whole = found.no_shows
    says = f"{whole.missed} of {whole.judged} did not come, {percent(whole.share)}."
    return Figure(
        "no-shows",
        "No-shows",
        "Of bookings that are over, those that somebody marked as a no-show. The thin line is "
        "where the true rate lies with 95 % certainty (Wilson): with few bookings it is long. What "
        "was cancelled is no no-show, whenever it was cancelled.",
        plots.lines("no-shows", "No-show rate by profile", says, bars, top)
        if whole.judged
        else None,
        ("Profile", "Over", "No-shows", "Rate", "95 % interval"),
        tuple(
            (rate.name, str(rate.judged), str(rate.missed), percent(rate.share), interval(rate))
            for rate in rates
        )
        if whole.judged
        else (),
        empty="Nothing is over yet in these days. Mark a no-show on the page of its booking.",
    )


def _numbers(rate: Rate) -> tuple[int, int, float, float]:
    return rate.judged, rate.missed, rate.low, rate.high


def _hosts(found: Insights) -> Figure:
    bars = [
        Bar(load.name, load.bookings, f"{load.bookings} · {_time_of(load.minutes)}")
        for load in found.hosts[:BARS]
    ]
    says = "; ".join(f"{load.name}: {load.bookings}" for load in found.hosts[:BARS])
    return Figure(
        "hosts",
        "Load per host",
        "A booking with two hosts counts for each of them. Time is without buffers.",
        plots.lines(
            "hosts",
            "Bookings by host",
            says,
            bars,
            max((load.bookings for load in found.hosts), default=1),
        )
        if bars
        else None,
        ("Host", "Bookings", "Minutes"),
        tuple((load.name, str(load.bookings), str(load.minutes)) for load in found.hosts),
        empty="Nobody had a booking in these days.",
    )


def _time_of(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if hours and rest else f"{hours} h" if hours else f"{rest} min"
