"""The organization in whose name a mail is written, as it is frozen into the mail's row."""

from __future__ import annotations

from webapp.models import Organization
from webapp.services.directory import OrganizationCard


def letterhead(organization: OrganizationCard | Organization) -> dict[str, str]:
    """Its name, address and colours at this moment."""
    return {
        "name": organization.name,
        "slug": organization.slug,
        "primary_color": organization.primary_color,
        "secondary_color": organization.secondary_color,
    }
