"""The scheduling surface, which answers to version 2 of Calendly's published API."""

from webapp.blueprints.api.scheduling import users
from webapp.blueprints.api.scheduling.wire import scheduling

__all__ = ["scheduling", "users"]
