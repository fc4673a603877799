"""The text of a calendar file taken apart: lines unfolded, properties split, components nested.

Reads what other programs wrote, so nothing here trusts the file: every limit is kept while
reading and what cannot be read becomes a Problem, never a lost neighbour.
Source: RFC 5545 section 3.1; limits of this house.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field

from webapp.domain.errors import Invalid

MAX_BYTES = 16 * 2**20
MAX_LINE = 64 * 1024
MAX_DEPTH = 8
MAX_EVENTS = 20_000
MAX_PROPERTIES = 200
MAX_PROBLEMS = 100

_NAME = re.compile(r"[A-Za-z0-9-]+")
_PARAMETER = re.compile(r';([A-Za-z0-9-]+)=("[^"]*"|[^;]*)')
_TAG = re.compile(r"<(!doctype|html|head|body|\?xml)", re.IGNORECASE)
_KEPT = {
    "VCALENDAR": frozenset(
        {"NAME", "X-WR-CALNAME", "X-WR-TIMEZONE", "REFRESH-INTERVAL", "X-PUBLISHED-TTL", "METHOD"}
    ),
    "VEVENT": frozenset(
        {"UID", "DTSTART", "DTEND", "DURATION", "SUMMARY", "TRANSP", "STATUS", "CLASS", "SEQUENCE"}
        | {"RECURRENCE-ID", "RRULE", "EXRULE", "RDATE", "EXDATE", "ATTENDEE"}
        | {"X-MICROSOFT-CDO-BUSYSTATUS"}
    ),
    "VFREEBUSY": frozenset({"UID", "FREEBUSY"}),
    "VTIMEZONE": frozenset({"TZID", "X-LIC-LOCATION"}),
    "STANDARD": frozenset({"DTSTART", "TZOFFSETFROM", "TZOFFSETTO", "RRULE", "RDATE"}),
    "DAYLIGHT": frozenset({"DTSTART", "TZOFFSETFROM", "TZOFFSETTO", "RRULE", "RDATE"}),
}
# These may fill many lines by right; their own limits count values.
_UNCOUNTED = frozenset({"EXDATE", "RDATE", "FREEBUSY"})
_TOP = frozenset({"VEVENT", "VFREEBUSY", "VTIMEZONE", "VTODO", "VJOURNAL"})
_WITH_ZONE = frozenset({"DTSTART", "DTEND", "RECURRENCE-ID", "EXDATE", "RDATE"})


class CalendarRefused(Invalid):
    """The whole file is refused; ``code`` says why, nothing of it is used."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message, field="calendar")
        self.code = code


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in the file that was left out or read as well as it could be.

    ``line`` counts from 1 in the file as it came; ``uid`` names the event where it is known.
    """

    code: str
    sentence: str
    line: int | None = None
    uid: str = ""


class Problems:
    """What went wrong so far, at most 100 of them; ``left_out`` counts the rest."""

    def __init__(self) -> None:
        self.kept: list[Problem] = []
        self.left_out = 0
        self._once: set[tuple[str, str]] = set()

    def add(self, code: str, sentence: str, line: int | None = None, uid: str = "") -> None:
        """One more problem."""
        if len(self.kept) < MAX_PROBLEMS:
            self.kept.append(Problem(code, sentence, line, uid[:200]))
        else:
            self.left_out += 1

    def once(self, code: str, sentence: str, line: int | None = None, about: str = "") -> None:
        """The same, said a single time per file and subject."""
        if (code, about) not in self._once:
            self._once.add((code, about))
            self.add(code, sentence, line)


@dataclass(frozen=True, slots=True)
class Line:
    """One property: upper-case name, raw parameters (``;A=b;...``), raw value, line number."""

    name: str
    head: str
    value: str
    number: int

    def parameters(self) -> dict[str, str]:
        """The parameters by upper-case name, without quotes."""
        if not self.head:
            return {}
        return {name.upper(): v.strip('"') for name, v in _PARAMETER.findall(self.head)}


@dataclass(slots=True)
class Component:
    """BEGIN to END: the properties we use, and what is nested in it."""

    name: str
    number: int
    lines: list[Line] = field(default_factory=list)
    parts: list[Component] = field(default_factory=list)
    seen: int = 0

    def first(self, name: str) -> Line | None:
        """The first property of that name."""
        return next((line for line in self.lines if line.name == name), None)


def read_components(data: bytes, problems: Problems) -> list[Component]:
    """The VCALENDARs in ``data``.

    Raises CalendarRefused for what is no calendar or goes beyond the limits of a whole file.
    """
    lines = _unfolded(data, problems)
    _refuse_other_things(lines)
    reader = _Reader(problems)
    for number, line in lines:
        reader.take(number, line)
    reader.finish()
    return reader.calendars


def _unfolded(data: bytes, problems: Problems) -> list[tuple[int, str]]:
    """Whole lines with the number of the first physical line of each."""
    if len(data) > MAX_BYTES:
        raise CalendarRefused("too_large", "The calendar is larger than 16 MiB.")
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        data = data.decode("utf-16", "replace").encode("utf-8", "replace")
        problems.add("encoding", "The file is written in UTF-16 instead of UTF-8.")
    data = data.removeprefix(codecs.BOM_UTF8)
    if b"\0" in data:
        data = data.replace(b"\0", b"")
        problems.add("nul", "The file holds NUL characters; they were passed over.")
    data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    # A fold may lie inside a character, so lines are joined before they are decoded; NUL marks
    # the places, so that lines can still be numbered as in the file.
    joined = data.replace(b"\n ", b"\0").replace(b"\n\t", b"\0")
    found, number = [], 1
    for raw in joined.split(b"\n"):
        folds = raw.count(b"\0")
        line = raw.replace(b"\0", b"") if folds else raw
        if len(line) > MAX_LINE:
            problems.once("line_too_long", "A line longer than 64 kB was passed over.", number)
        elif line:
            found.append((number, _decoded(line, number, problems)))
        number += 1 + folds
    return found


def _decoded(line: bytes, number: int, problems: Problems) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        sentence = "Some text is not UTF-8 and was read as Latin-1; letters may look wrong."
        problems.once("encoding", sentence, number)
        return line.decode("latin-1")


def _refuse_other_things(lines: list[tuple[int, str]]) -> None:
    first = next((text.strip() for _, text in lines if text.strip()), "")
    if not first:
        raise CalendarRefused("empty", "The file is empty.")
    if _TAG.match(first):
        raise CalendarRefused(
            "web_page",
            "This is a web page, not a calendar. The address may ask for a sign-in; "
            "use the calendar's own iCal address.",
        )
    if first.startswith("PK\x03\x04"):
        raise CalendarRefused("archive", "This is a ZIP archive. Unpack it and use the .ics file.")
    if not any(text[:15].upper() == "BEGIN:VCALENDAR" for _, text in lines):
        raise CalendarRefused("not_a_calendar", "This is not a calendar file (iCalendar, .ics).")


class _Reader:
    """Nests the lines into components; keeps only what is used."""

    def __init__(self, problems: Problems) -> None:
        self.problems = problems
        self.calendars: list[Component] = []
        self.stack: list[Component] = []
        self.events = 0
        self.kept: frozenset[str] = frozenset()

    def take(self, number: int, text: str) -> None:
        match = _NAME.match(text)
        name = match[0].upper() if match else ""
        if name == "BEGIN" and text[5:6] == ":":
            self._begin(number, text[6:].strip().upper())
        elif name == "END" and text[3:4] == ":":
            self._end(number, text[4:].strip().upper())
        elif name in self.kept:
            self._keep(number, name, text)
        elif self.stack and (
            match is None or text[match.end() : match.end() + 1] not in (":", ";")
        ):
            sentence = "A line is not part of any property and was passed over."
            self.problems.once("bad_line", sentence, number)
        elif self.stack:
            self.stack[-1].seen += 1

    def _begin(self, number: int, name: str) -> None:
        if len(self.stack) >= MAX_DEPTH:
            raise CalendarRefused(
                "nested_too_deep", f"The file nests its parts more than {MAX_DEPTH} deep."
            )
        self.events += name == "VEVENT"
        if self.events > MAX_EVENTS:
            raise CalendarRefused(
                "too_many_events", f"The calendar holds more than {MAX_EVENTS:,} events."
            )
        if name == "VCALENDAR" and self.stack:
            # The calendar before was cut off; what it held in whole stays.
            self.finish()
        while name in _TOP and len(self.stack) > 1:
            # An event that was never closed takes only itself away.
            self._drop()
        self.stack.append(Component(name, number))
        self.kept = _KEPT.get(name, frozenset())

    def _drop(self) -> None:
        broken = self.stack.pop()
        sentence = f"{broken.name[:20]} has no end and was passed over."
        self.problems.add("unbalanced", sentence, broken.number)

    def _end(self, number: int, name: str) -> None:
        if not any(component.name == name for component in self.stack):
            self.problems.once("unbalanced", f"END:{name[:20]} closes nothing.", number)
            return
        while self.stack[-1].name != name:
            self._drop()
        self._close(self.stack.pop())

    def _close(self, component: Component) -> None:
        if self.stack:
            self.stack[-1].parts.append(component)
        elif component.name == "VCALENDAR":
            self.calendars.append(component)
        self.kept = _KEPT.get(self.stack[-1].name, frozenset()) if self.stack else frozenset()

    def _keep(self, number: int, name: str, text: str) -> None:
        component = self.stack[-1]
        colon = text.rfind(":") if name in _WITH_ZONE else _value_colon(text, len(name))
        if colon < 0:
            sentence = f"{name} has no value and was passed over."
            self.problems.add("bad_line", sentence, number)
            return
        if name not in _UNCOUNTED:
            component.seen += 1
            if component.seen > MAX_PROPERTIES and name == "ATTENDEE":
                return
        head = text[len(name) : colon]
        component.lines.append(Line(name, head, text[colon + 1 :].strip(), number))

    def finish(self) -> None:
        """The file ends here; what is still open was cut off."""
        if not self.stack:
            return
        sentence = "The file ends in the middle; what came before was read."
        self.problems.add("truncated", sentence, self.stack[-1].number)
        outer = self.stack[0]
        self.stack.clear()
        if outer.name == "VCALENDAR":
            self._close(outer)


def _value_colon(text: str, start: int) -> int:
    """Where the value begins: the first colon outside quotes, -1 for none."""
    position = start
    while True:
        colon = text.find(":", position)
        quote = text.find('"', position, colon)
        if colon < 0 or quote < 0:
            return colon
        closing = text.find('"', quote + 1)
        if closing < 0:
            return colon
        position = closing + 1


def plain_value(value: str) -> str:
    """A TEXT value without its escapes and control characters, at most 255 characters.

    RFC 5545 section 3.3.11. Line breaks become blanks: these are titles and names.
    """
    if "\\" in value:
        value = _ESCAPE.sub(lambda match: _ESCAPED.get(match[1], match[1]), value)
    return "".join(c if c.isprintable() else " " for c in value).strip()[:255]


_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED = {"n": "\n", "N": "\n"}
