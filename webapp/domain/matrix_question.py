"""The slot engine's own question, answered out of a matrix made for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from webapp.domain.frame import Frame, Inexact
from webapp.domain.gate import Gate
from webapp.domain.limits import full_ranges
from webapp.domain.masks import mask_of
from webapp.domain.matrix import Column, Layout, Matrix
from webapp.domain.matrix_answer import MatrixAnswer
from webapp.domain.span import Interval, to_minute_up
from webapp.domain.terms import HostTime, Question
from webapp.domain.zones import DAY

__all__ = ["Inexact", "column_of", "frame_of", "from_matrix"]


def column_of(frame: Frame, host: HostTime, *, mask: bytes | None = None, held: bool) -> Column:
    """A host's column: its busy time laid over ``mask``, without what is only held unless
    ``held``."""
    spans = [(busy.start, busy.end) for busy in host.busy if held or not busy.held]
    own = mask_of(spans, frame.pieces) if spans or mask is None else mask
    if mask is not None and own is not mask:
        both = int.from_bytes(own, "little") | int.from_bytes(mask, "little")
        own = both.to_bytes(len(mask), "little")
    first, last = frame.first_day * DAY, frame.last_day * DAY
    return Column(host.hours, own, tuple(full_ranges(frame.terms, host, first, last)))


def frame_of(question: Question, first: int, last: int) -> Frame:
    """The possible starts of a question in ``[first, last)``; raises ``Inexact``."""
    hours = (host.hours for host in question.hosts.values())
    return Frame(question.terms, hours, first // DAY, -(-last // DAY))


def from_matrix(question: Question, window: Interval, now: datetime) -> MatrixAnswer:
    """What ``availability`` answers to the same, with accounts and groups by their keys.

    Raises ``Inexact`` when the question's times are not multiples of five minutes.
    """
    first, last = to_minute_up(window.start), to_minute_up(window.end)
    frame = frame_of(question, first, last)
    layout = Layout(question.candidates)

    def matrix(hosts: Iterable[HostTime], *, held: bool) -> Mapping[int, Column]:
        return {host.host_id: column_of(frame, host, held=held) for host in hosts}

    hosts = question.hosts.values()
    unheld = Matrix.build(frame, layout, matrix(hosts, held=False))
    holding = [host for host in hosts if any(busy.held for busy in host.busy)]
    return MatrixAnswer(
        unheld.replaced(matrix(holding, held=True)),
        Gate(question.terms, now),
        (first, last),
        question.required,
        unheld=unheld,
        joinable=question.joinable,
    )
