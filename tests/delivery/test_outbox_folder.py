"""The outbox folder: one whole file a try, or none."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from tests.delivery.parcels import PARCEL
from webapp.delivery.outbox_folder import OutboxFolder


def test_files_sort_by_time_and_a_second_try_is_a_second_file(tmp_path: Path) -> None:
    folder = OutboxFolder(tmp_path / "outbox")
    for parcel in (
        replace(PARCEL, at=PARCEL.at + timedelta(seconds=1), number=2),
        PARCEL,
        replace(PARCEL, message_uuid=UUID(int=1), at=PARCEL.at + timedelta(microseconds=5)),
    ):
        assert folder.deliver(parcel).outcome == "sent"
    names = sorted(path.name for path in (tmp_path / "outbox").iterdir())
    assert names == [
        f"20261112T080000.000000Z-{UUID(int=7)}-1.eml",
        f"20261112T080000.000005Z-{UUID(int=1)}-1.eml",
        f"20261112T080001.000000Z-{UUID(int=7)}-2.eml",
    ]


def test_only_the_owner_may_read_the_mails(tmp_path: Path) -> None:
    OutboxFolder(tmp_path / "outbox").deliver(PARCEL)
    [path] = (tmp_path / "outbox").iterdir()
    if os.name == "posix":
        assert (path.stat().st_mode & 0o777, (tmp_path / "outbox").stat().st_mode & 0o777) == (
            0o600,
            0o700,
        )


def test_a_folder_that_cannot_be_written_is_worth_another_try(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("a file where the folder should be")
    delivery = OutboxFolder(tmp_path / "outbox").deliver(PARCEL)
    assert delivery.outcome == "retry"
    assert str(tmp_path) not in delivery.answer
