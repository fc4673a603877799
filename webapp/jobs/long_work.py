"""The job that does long work: slice after slice, each kept for good before the next begins."""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from webapp.domain.errors import Busy, Refusal
from webapp.jobs import queue
from webapp.jobs.kinds import LEASES, Kind, Tools, register
from webapp.jobs.queue import Ticket
from webapp.models import WorkKind
from webapp.services import bulk, directory, erasing, export_files, exports, long_work
from webapp.services.export_files import ExportFiles
from webapp.services.exports import Piece
from webapp.services.long_work import Step, Work
from webapp.services.sending import LeaseLost
from webapp.work import SYSTEM, begin, house, look, system_of

log = logging.getLogger("kalends.worker")

MOST_TRIES = 5
SLICES_A_TURN = 40
"""After so many slices the next piece of work has its turn."""


def do_long_work(ticket: Ticket, _tools: Tools) -> bool:
    """Does a piece of long work, slice after slice, and goes on where it stopped."""
    caller = system_of(ticket.organization_id)
    work_id, turn = ticket.payload["work_id"], ticket.payload["turn"]
    for _ in range(SLICES_A_TURN):
        with look(caller) as uow:
            work = long_work.at_hand(uow, work_id, turn)
        if work is None:
            _tidy()
            return False
        if work.is_stopping:
            with begin(caller) as uow:
                queue.renew(uow, ticket, LEASES["long"])
                long_work.stop(uow, work)
            continue
        finished = _SLICES[work.kind](ticket, work)
        if finished:
            log.info("long work done", extra={"work": str(work.uuid), "kind": work.kind.value})
    with begin(caller) as uow:
        queue.make_way(uow, ticket, uow.now)
    return True


def _export(ticket: Ticket, work: Work) -> bool:
    """Write the next rows of an export to parts, or make the zip when there are no more."""
    caller = system_of(ticket.organization_id)
    files = ExportFiles(house().settings, work.uuid, ticket.fence)
    key = str(work.place.get("key", exports.members()[0]))
    if key:
        with look(caller) as uow:
            total = work.total or exports.count_all(uow)
            pieces, key, after = exports.read_slice(uow, key, int(work.place.get("after", 0)))
        step = _parts(files, work, pieces, ticket.fence)
        step = replace(
            step, place=step.place | {"key": key, "after": after}, total=max(total, step.done_count)
        )
    else:
        with look(caller) as uow:
            name = directory.own_organization(uow).name
        step = _joined(files, work, name)
    with begin(caller) as uow:
        queue.renew(uow, ticket, LEASES["long"])
        long_work.record(uow, work, step)
    return step.is_finished


def _parts(files: ExportFiles, work: Work, pieces: list[Piece], fence: int) -> Step:
    """Write the pieces that have rows, each as the next part of its file."""
    runs = {key: [list(run) for run in found] for key, found in work.place.get("runs", {}).items()}
    counts = dict(work.place.get("counts", {}))
    for piece in pieces:
        if not piece.count:
            continue
        mine = runs.setdefault(piece.key, [])
        files.write_part(piece.key, sum(count for _, count in mine), piece.text)
        if mine and mine[-1][0] == fence:
            mine[-1][1] += 1
        else:
            mine.append([fence, 1])
        counts[piece.key] = counts.get(piece.key, 0) + piece.count
    done = work.done_count + sum(piece.count for piece in pieces)
    return Step({"runs": runs, "counts": counts}, done, work.total)


def _joined(files: ExportFiles, work: Work, name: str) -> Step:
    counts = dict(work.place.get("counts", {}))
    readme = exports.readme(name, work.created_at, counts)
    size = files.join(
        exports.files(work.place.get("runs", {})), {"README.md": readme}, work.created_at
    )
    rows = sum(count for key, count in counts.items() if key != "bookings.ics")
    all_files = len(exports.members()) + 1  # and the README
    result = {"rows": rows, "bookings": counts.get("booking", 0), "files": all_files}
    return Step(
        {},
        work.total,
        work.total,
        result,
        is_finished=True,
        file_name=files.name,
        file_bytes=size,
    )


def _erase(ticket: Ticket, work: Work) -> bool:
    """Erase the person from the next bookings; files of their mails go first."""
    caller = system_of(ticket.organization_id)
    with look(caller) as uow:
        mails = erasing.mails_of_slice(uow, work)
    outbox = house().settings.outbox_dir
    if mails and outbox.is_dir():
        gone = tuple(f"-{uuid}-" for uuid in mails)
        for path in outbox.iterdir():
            if any(mark in path.name for mark in gone):
                with suppress(FileNotFoundError):
                    path.unlink()
    with begin(caller) as uow:
        queue.renew(uow, ticket, LEASES["long"])
        return erasing.erase_slice(uow, work).is_finished


def _bookings(ticket: Ticket, work: Work) -> bool:
    """Change one booking of many, in the name of who asked; a refused one stays as it is."""
    caller = replace(system_of(ticket.organization_id), user_id=work.asked.get("by"))
    try:
        with begin(caller) as uow:
            queue.renew(uow, ticket, LEASES["long"])
            bulk.do_next(uow, work)
    except (LeaseLost, Busy):
        raise
    except Refusal as refusal:
        with begin(caller) as uow:
            queue.renew(uow, ticket, LEASES["long"])
            bulk.refuse_next(uow, work, refusal)
    return work.done_count + 1 >= len(work.asked["uuids"])


def _tidy() -> None:
    """Files that no work needs any more go."""
    with look(SYSTEM) as uow:
        kept = long_work.files_in_use(uow)
    export_files.sweep(house().settings, kept)


def _give_up(ticket: Ticket, _tools: Tools) -> bool:
    """Marks work as failed whose tries ended in crashes."""
    with begin(system_of(ticket.organization_id)) as uow:
        long_work.give_up(uow, ticket.payload["work_id"], ticket.payload["turn"])
        queue.finish(uow, ticket)
    return True


def remove_exports(_ticket: Ticket, _tools: Tools) -> bool:
    """Removes the files of exports after 7 days, and whatever an interrupted one left behind."""
    with begin(SYSTEM) as uow:
        gone = long_work.forget_old(uow)
    _tidy()
    if gone:
        log.info("exports removed", extra={"count": gone})
    return False


_SLICES = {WorkKind.EXPORT: _export, WorkKind.ERASE: _erase, WorkKind.BOOKINGS: _bookings}

register(long_work.JOB, Kind(do_long_work, "long", most_tries=MOST_TRIES, give_up=_give_up))
register("remove-exports", Kind(remove_exports, "long", every=timedelta(minutes=30)))
