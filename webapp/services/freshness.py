"""What a page asks before any unit of work: whose address is this, is a kept page still true?

Each is one statement on a borrowed connection and needs no permission: what it tells stands on
every public page, or is a number that says nothing by itself.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from webapp.domain.errors import NotFound
from webapp.services.directory import BY_SLUG, OrganizationCard
from webapp.services.steps import asking


def organization(engine: sa.Engine, slug: str) -> OrganizationCard:
    """The organization at ``/<slug>``; raises ``NotFound``."""
    rows = BY_SLUG.aside(engine, slug=slug)
    if not rows:
        raise NotFound("there is no such page")
    number, uuid, *rest = rows[0]
    return OrganizationCard(number, uuid if isinstance(uuid, UUID) else UUID(uuid), *rest)


def page_revision(engine: sa.Engine, organization_id: int, profile_id: int, now: datetime) -> str:
    """What ``offers.page_revision`` says, for a page that was kept."""
    return asking.revision_aside(engine, organization_id, profile_id, now)
