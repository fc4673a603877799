"""The ways a person can sign in with, of which one always stays."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from webapp.domain.errors import Conflict
from webapp.models import OneTimeCode, OpenIdIdentity, Passkey, User
from webapp.services.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Ways:
    """What somebody has: whether a password, how many passkeys, how many OpenID accounts.

    ``codes``: whether one-time codes are asked for after a password or an OpenID sign-in.
    """

    password: bool
    passkeys: int
    openid: int
    codes: bool

    @property
    def count(self) -> int:
        """How many ways in there are."""
        return int(self.password) + self.passkeys + self.openid


def ways_of(uow: UnitOfWork, user_id: int) -> Ways:
    """What the person can sign in with at this moment."""

    def how_many(column: sa.ColumnElement[int], *where: sa.ColumnElement[bool]) -> int:
        query = sa.select(sa.func.count()).where(column == user_id, *where)
        return int(uow.session.execute(query).scalar_one())

    user = uow.session.get_one(User, user_id)
    return Ways(
        password=user.password_hash is not None,
        passkeys=how_many(Passkey.user_id.expression),
        openid=how_many(OpenIdIdentity.user_id.expression),
        codes=how_many(OneTimeCode.user_id.expression, OneTimeCode.confirmed_at.is_not(None)) > 0,
    )


def lock(uow: UnitOfWork, user_id: int) -> User:
    """The person's row, locked: two removals at once see each other.

    Not as strong as FOR UPDATE, which would block rows that refer to the person.
    """
    return uow.session.scalars(
        sa.select(User)
        .where(User.id == user_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()


def one_stays(uow: UnitOfWork, user_id: int) -> None:
    """Raise ``Conflict`` unless the person still has another way in than the one to be removed."""
    if ways_of(uow, user_id).count < 2:
        raise Conflict(
            "This is your only way to sign in. Add another one first, so that you can come back."
        )
