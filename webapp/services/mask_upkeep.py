"""Keeping the masks of hosts of large profiles made, for whole installations."""

from __future__ import annotations

from webapp.domain.permissions import Permission
from webapp.services.steps import masks
from webapp.services.unit_of_work import UnitOfWork, use_case


@use_case(Permission.UPKEEP)
def fill_masks(uow: UnitOfWork) -> int:
    """Make what masks are missing, for up to fifty hosts; how many hosts it were."""
    return masks.fill(uow)


@use_case(Permission.UPKEEP)
def delete_old_masks(uow: UnitOfWork) -> int:
    """Delete masks of time that is over; how many."""
    return masks.drop_old(uow)
