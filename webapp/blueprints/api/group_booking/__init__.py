"""The group booking surface, which answers to Aurinko's published booking API (``/v1/book``)."""

from webapp.blueprints.api.group_booking import attaching, meetings, profiles, times
from webapp.blueprints.api.group_booking.wire import group_booking, refuse
from webapp.blueprints.api.kit import publish

OPERATIONS = (*profiles.OPERATIONS, *attaching.OPERATIONS, *times.OPERATIONS, *meetings.OPERATIONS)

publish(group_booking, OPERATIONS, refuse)

__all__ = ["OPERATIONS", "group_booking"]
