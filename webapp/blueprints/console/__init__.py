"""The console: where an organization's people see what is booked and link their calendars."""

from webapp.blueprints.console import bookings, calendars, home
from webapp.blueprints.console.shell import console

__all__ = ["bookings", "calendars", "console", "home"]
