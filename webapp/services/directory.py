"""Finding an organization by its address, before anything else is known."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from webapp.domain.errors import NotFound
from webapp.domain.permissions import Permission
from webapp.models import Organization, table_of
from webapp.services.unit_of_work import UnitOfWork, below_the_guard, use_case

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
)
_WHY = "organizations are the tenants themselves"
_BY_SLUG = below_the_guard(_CARD.where(_TABLE.c.slug == sa.bindparam("slug")), _WHY)
_BY_ID = below_the_guard(_CARD.where(_TABLE.c.id == sa.bindparam("id")), _WHY)


@dataclass(frozen=True, slots=True)
class OrganizationCard:
    """What everybody may know of an organization."""

    id: int
    uuid: UUID
    slug: str
    name: str
    zone: str
    primary_color: str
    secondary_color: str
    revision: int


@use_case(Permission.PROFILE_VIEW)
def organization_by_slug(uow: UnitOfWork, slug: str) -> OrganizationCard:
    """The organization at ``/<slug>``; raises ``NotFound``."""
    row = uow.session.execute(_BY_SLUG, {"slug": slug}).one_or_none()
    if row is None:
        raise NotFound("there is no such page")
    return OrganizationCard(*row)


@use_case(Permission.PROFILE_VIEW)
def own_organization(uow: UnitOfWork) -> OrganizationCard:
    """The caller's organization; raises ``NotFound`` when it was deleted meanwhile."""
    row = uow.session.execute(_BY_ID, {"id": uow.organization_id}).one_or_none()
    if row is None:
        raise NotFound("there is no such page")
    return OrganizationCard(*row)
