"""Whether the process lives, and whether it can do its work."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from flask import Blueprint, Response, jsonify
from sqlalchemy.exc import SQLAlchemyError

from webapp.blueprints.doors import open_door
from webapp.migrations import guard_stands, is_current
from webapp.models import ActivityWorker
from webapp.services.unit_of_work import UnitOfWork
from webapp.work import SYSTEM, look

health = Blueprint("health", __name__)
open_door(health, limited=False)  # a monitor may ask as often as it likes

WORKER_SILENT_AFTER = timedelta(seconds=60)


@health.get("/healthz")
def healthz() -> Response:
    """The process answers; nothing else is asked."""
    return jsonify(status="ok")


@health.get("/readyz")
def readyz() -> tuple[Response, int]:
    """Database, migrations, the guard against double booking, and a worker's heartbeat."""
    try:
        with look(SYSTEM) as uow:
            checks = _checks(uow)
    except SQLAlchemyError:
        checks = {"database": False}
    ready = all(checks.values())
    return jsonify(status="ready" if ready else "not ready", checks=checks), 200 if ready else 503


def _checks(uow: UnitOfWork) -> dict[str, bool]:
    connection = uow.session.connection()
    last = uow.session.scalar(sa.select(sa.func.max(ActivityWorker.beat_at)))
    return {
        "database": True,
        "migrations": is_current(connection),
        "guard": guard_stands(connection),
        "worker": last is not None and uow.now - last < WORKER_SILENT_AFTER,
    }
