"""Finding an organization by its address, before anything else is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from webapp.domain.errors import NotFound
from webapp.domain.permissions import Permission
from webapp.models import Organization, table_of
from webapp.models.direct import Direct
from webapp.services.unit_of_work import UnitOfWork, use_case

_TABLE = table_of(Organization)
_CARD = sa.select(
    _TABLE.c.id,
    _TABLE.c.uuid,
    _TABLE.c.slug,
    _TABLE.c.name,
    _TABLE.c.zone,
    _TABLE.c.primary_color,
    _TABLE.c.secondary_color,
    _TABLE.c.revision,
    _TABLE.c.locale,
    _TABLE.c.logo_tag,
)
_WHY = "organizations are the tenants themselves"
BY_SLUG = Direct(_CARD.where(_TABLE.c.slug == sa.bindparam("slug")), _WHY)
_BY_ID = Direct(_CARD.where(_TABLE.c.id == sa.bindparam("id")), _WHY)


@dataclass(frozen=True, slots=True)
class OrganizationCard:
    """What everybody may know of an organization. ``locale`` is the language that its pages and
    mails have where nobody names another."""

    id: int
    uuid: UUID
    slug: str
    name: str
    zone: str
    primary_color: str
    secondary_color: str
    revision: int
    locale: str = "en"
    logo_tag: str | None = None


@use_case(Permission.PROFILE_VIEW)
def organization_by_slug(uow: UnitOfWork, slug: str) -> OrganizationCard:
    """The organization at ``/<slug>``; raises ``NotFound``."""
    return _card(BY_SLUG.named(uow.session, slug=slug))


@use_case(Permission.PROFILE_VIEW)
def own_organization(uow: UnitOfWork) -> OrganizationCard:
    """The caller's organization; raises ``NotFound`` when it was deleted meanwhile."""
    return _card(_BY_ID.named(uow.session, id=uow.organization_id))


def _card(found: list[dict[str, Any]]) -> OrganizationCard:
    if not found:
        raise NotFound("there is no such page")
    return OrganizationCard(**found[0])
