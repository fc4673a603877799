"""Mail without a mail server: each try becomes one ``.eml`` file, whole or not at all."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from webapp.delivery.courier import Delivery, Parcel


class OutboxFolder:
    """Writes to ``folder``. The name sorts by time and says which message and which try it is,
    so that a mail sent twice is seen as two files.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def deliver(self, parcel: Parcel) -> Delivery:
        """Write the file; a full or read-only disk is worth another try."""
        name = f"{parcel.at:%Y%m%dT%H%M%S.%fZ}-{parcel.message_uuid}-{parcel.number}.eml"
        draft = self._folder / f".{name}.part"
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with open(draft, "wb", opener=_private) as file:
                file.write(parcel.content)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self._folder / name)
            _sync_folder(self._folder)
        except OSError as error:
            with suppress(OSError):
                draft.unlink()
            return Delivery("retry", f"The outbox folder cannot be written: {error.strerror}")
        return Delivery("sent", f"Written to the outbox folder as {name}")


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _sync_folder(folder: Path) -> None:
    """Make the new name last over a power loss, where the system lets us open a folder."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
