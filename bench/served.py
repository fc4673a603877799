"""The product as a server sees it, with an empty page beside its own; for ``bench.pages`` only.

``/empty`` has the same door, headers and log line as a public page and asks the database nothing.
``BENCH_NOTHING_KEPT=1`` makes every request start without rendered parts, cards and plans; what is
known of time zones and compiled (templates, statements) stays, as in any process that has answered
once. A request with the header ``Bench-Anew`` finds no text of free times kept. ``BENCH_NOW`` (an
instant) stops the clock there.
"""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import datetime

from flask import Blueprint, Flask, request

from webapp.app import create_app as create_product
from webapp.blueprints.booking.kept import kept
from webapp.blueprints.doors import open_door
from webapp.domain import plan
from webapp.services.steps.kept_texts import TEXTS

empty = Blueprint("empty", __name__)
open_door(empty)


@empty.get("/empty")
def page() -> str:
    """As little as a page can be."""
    return "<!doctype html><html lang=en><title>Empty</title><p>Empty"


def _anew() -> None:
    if "Bench-Anew" in request.headers:
        TEXTS.clear()


def create_app() -> Flask:
    """The application with the empty page."""
    app = create_product()
    app.register_blueprint(empty)
    app.before_request(_anew)
    if os.environ.get("BENCH_NOW"):
        now = datetime.fromisoformat(os.environ["BENCH_NOW"])
        app.extensions["kalends"] = replace(app.extensions["kalends"], clock=lambda: now)
    if os.environ.get("BENCH_NOTHING_KEPT"):
        kept(app).enabled = False
        app.before_request(plan.forget_plans)
    return app
