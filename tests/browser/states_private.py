"""Every designed state behind sign-in, from the files of its area."""

from __future__ import annotations

from tests.browser.private import PRIVATE_STATES
from tests.browser.private_account import ACCOUNT_STATES
from tests.browser.private_availability import AVAILABILITY_STATES
from tests.browser.private_bookings import BOOKINGS_STATES
from tests.browser.private_docs import DOCS_STATES
from tests.browser.private_matching import MATCHING_STATES
from tests.browser.private_profiles import PROFILE_STATES
from tests.browser.private_team import TEAM_STATES
from tests.browser.private_work import WORK_STATES
from tests.browser.stage import State

EVERY_PRIVATE_STATE: tuple[State, ...] = (
    *PRIVATE_STATES,
    *BOOKINGS_STATES,
    *MATCHING_STATES,
    *PROFILE_STATES,
    *AVAILABILITY_STATES,
    *TEAM_STATES,
    *WORK_STATES,
    *ACCOUNT_STATES,
    *DOCS_STATES,
)
