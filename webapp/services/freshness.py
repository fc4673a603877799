"""What a page asks before any unit of work: whose address is this, is a kept page still true?

Each is one statement on a borrowed connection and needs no permission: the answers are numbers
that say nothing by themselves.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from webapp.models import Organization, table_of
from webapp.services.steps import asking
from webapp.services.steps.direct import Direct

_TABLE = table_of(Organization)
_ID = Direct(
    sa.select(_TABLE.c.id).where(_TABLE.c.slug == sa.bindparam("slug")),
    "organizations are the tenants themselves",
)


def organization_id(engine: sa.Engine, slug: str) -> int | None:
    """The id of the organization at ``/<slug>``, if there is one."""
    rows = _ID.aside(engine, slug=slug)
    return int(rows[0][0]) if rows else None


def page_revision(engine: sa.Engine, organization_id: int, profile_id: int, now: datetime) -> str:
    """What ``offers.page_revision`` says, for a page that was kept."""
    return asking.revision_aside(engine, organization_id, profile_id, now)
