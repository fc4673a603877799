"""A worker for one pass at a time, each a process of its own that a failpoint can kill.

``python -m tests.jobs.work_through 2026-11-23T06:00:00+00:00 begun:1 begun:2 -``: for each
failpoint (``-``: none) a fork does everything that is due at that instant, with the settings of
the environment; its exit code, negative when a signal ended it, is written on a line.
"""

from __future__ import annotations

import os
import sys
import traceback
from datetime import datetime

from webapp.app import create_app
from webapp.jobs import runner
from webapp.jobs.kinds import of_lane
from webapp.settings import Settings


def work(now: datetime, failpoint: str) -> None:
    read = Settings.from_environment().model_dump()
    app = create_app(Settings(**(read | {"failpoint": failpoint})), lambda: now)
    with app.app_context():
        runner.take_up(of_lane("mail"))
    runner.drain(app)


def main() -> None:
    now = datetime.fromisoformat(sys.argv[1])
    for failpoint in sys.argv[2:]:
        child = os.fork()
        if child == 0:
            try:
                work(now, failpoint.strip("-"))
            except BaseException:
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
