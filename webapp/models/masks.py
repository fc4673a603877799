"""Taken time once more, as bits, for questions about hundreds of hosts."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from webapp.models.base import Base


class BusyMask(Base):
    """Thirty UTC days of one host, a bit for five minutes (``domain.masks``).

    Made of the host's spans without ``expires_at``; no bits at all stand for nothing taken. The
    database removes it with any change of such a span (triggers, in the migrations), so a mask
    that is there is right, and one that is not is read from the spans. Not scoped to an
    organization, as the spans are not.
    """

    __tablename__ = "busy_mask"
    host_id: Mapped[int] = mapped_column(
        sa.ForeignKey("user.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    piece: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    bits: Mapped[bytes] = mapped_column(sa.LargeBinary)
