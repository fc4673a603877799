"""Finding an organization by the id of one of its API clients, for pages that show its profiles.

The id is no secret: it stands in the pages. A client that ended leads nowhere.
"""

from __future__ import annotations

import sqlalchemy as sa

from webapp.domain.errors import NotFound
from webapp.domain.permissions import Permission
from webapp.models import ApiClient, table_of
from webapp.models.direct import Direct
from webapp.services.unit_of_work import UnitOfWork, use_case

_CLIENT = table_of(ApiClient)
_ORGANIZATION = Direct(
    sa.select(_CLIENT.c.organization_id).where(
        _CLIENT.c.client_id == sa.bindparam("client"),
        _CLIENT.c.revoked_at.is_(None),
        _CLIENT.c.expires_at.is_(None) | (_CLIENT.c.expires_at > sa.bindparam("now")),
    ),
    "which organization is what is asked; the statement names the client",
)


@use_case(Permission.PROFILE_VIEW)
def organization_of(uow: UnitOfWork, client_id: str) -> int:
    """The organization whose client that is; raises ``NotFound``."""
    rows = _ORGANIZATION.rows(uow.session, client=client_id, now=uow.now)
    if not rows:
        raise NotFound("there is no such client")
    return int(rows[0][0])
