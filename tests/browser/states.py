"""Every designed state of the public pages, and how somebody gets there.

Tests look at each of them, and ``bench/screenshots.py`` takes their pictures.
"""

from __future__ import annotations

from tests.browser import states_after, states_before
from tests.browser.stage import STATES, State

__all__ = ["STATES", "State", "states_after", "states_before"]
