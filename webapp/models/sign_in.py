"""What people sign in with beside a password, and the short-lived secrets of signing in.

All of it belongs to a person across organizations, as the password does, so none of these tables
is scoped to one.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from webapp.models.base import Base, words


class OneTimeCode(Base):
    """A person's code generator: the sealed secret, and the last 30-second step that was used.

    Without ``confirmed_at`` it is being set up and asked of nobody yet.
    """

    __tablename__ = "one_time_code"
    user_id: Mapped[int] = mapped_column(
        sa.ForeignKey("user.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    secret: Mapped[bytes] = mapped_column(sa.LargeBinary(120))
    last_step: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]


class RecoveryCode(Base):
    """One of ten codes for the day the phone is lost; kept as a hash, good for one sign-in."""

    __tablename__ = "recovery_code"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id", ondelete="CASCADE"), index=True)
    code_hash: Mapped[bytes] = mapped_column(sa.LargeBinary(32))
    used_at: Mapped[datetime | None]


class Passkey(Base):
    """A WebAuthn credential: the public half of a key that the person's device keeps."""

    __tablename__ = "passkey"
    id: Mapped[int] = mapped_column(primary_key=True)
    uuid: Mapped[UUID] = mapped_column(unique=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id", ondelete="CASCADE"), index=True)
    credential_id: Mapped[bytes] = mapped_column(sa.LargeBinary(1023), unique=True)
    public_key: Mapped[bytes] = mapped_column(sa.LargeBinary(2000))
    sign_count: Mapped[int]
    name: Mapped[str] = mapped_column(sa.String(60))
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class OpenIdIdentity(Base):
    """A person's account at an OpenID provider: issuer and subject, never the address alone."""

    __tablename__ = "openid_identity"
    __table_args__ = (
        sa.UniqueConstraint("issuer", "subject"),
        sa.UniqueConstraint("user_id", "issuer"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id", ondelete="CASCADE"))
    issuer: Mapped[str] = mapped_column(sa.String(255))
    subject: Mapped[str] = mapped_column(sa.String(255))
    label: Mapped[str] = mapped_column(sa.String(254), default="")
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class TicketKind(StrEnum):
    """What a ticket is good for."""

    RESET = "reset"
    ADDRESS = "address"
    SECOND_STEP = "second-step"
    OPENID = "openid"
    PASSKEY_NEW = "passkey-new"
    PASSKEY_USE = "passkey-use"


class SignInTicket(Base):
    """A secret that is good once and for minutes: a link in a mail, a state between two steps.

    Whoever reads the table learns nothing usable: the secret is kept as a hash. ``payload`` holds
    what the next step needs; ``tries`` counts wrong answers.
    """

    __tablename__ = "sign_in_ticket"
    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(sa.LargeBinary(32), unique=True)
    kind: Mapped[TicketKind] = mapped_column(words(TicketKind))
    user_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("user.id", ondelete="CASCADE"), index=True
    )
    session_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("browser_session.id", ondelete="CASCADE"), index=True
    )
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict)
    tries: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    used_at: Mapped[datetime | None]
