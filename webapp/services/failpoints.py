"""Where a test may have a process die by ``kill -9`` (``KALENDS_FAILPOINT=<name>``).

``<name>:3`` means the third time that the process comes past. Only on a loopback address.
"""

from __future__ import annotations

NAMES = {
    "begun": "a writing unit has begun and written nothing",
    "before-commit": "everything is written, nothing is committed",
    "committed": "the unit is committed, nobody has been told",
    "message-prepared": "the try is noted, nothing has gone out",
    "message-sent": "the mail server has taken the mail, nobody has noted it",
    "message-recorded": "the outcome is noted and the job is gone",
}
"""Every failpoint and what is true there. The first three are passed by each writing unit of web
and worker alike; the others by each mail."""
