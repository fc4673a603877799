"""A worker's sign of life, on a connection of its own beside every unit of work."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Flask

from webapp.extensions import db
from webapp.models import ActivityWorker
from webapp.services.unit_of_work import WRITE
from webapp.work import house


def beat(app: Flask, name: str) -> None:
    """Note that the worker ``name`` lives now."""
    now = house(app).clock()
    with app.app_context(), _connection() as connection, connection.begin():
        seen = sa.update(ActivityWorker).where(ActivityWorker.name == name).values(beat_at=now)
        if connection.execute(seen).rowcount == 0:
            connection.execute(sa.insert(ActivityWorker).values(name=name, beat_at=now))


def leave(app: Flask, name: str) -> None:
    """Take the worker ``name`` off: it stops on purpose."""
    with app.app_context(), _connection() as connection, connection.begin():
        connection.execute(sa.delete(ActivityWorker).where(ActivityWorker.name == name))


def _connection() -> sa.Connection:
    return db.engine.connect().execution_options(kalends_mode=WRITE)
