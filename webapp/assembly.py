"""Putting the web application together: settings, extensions, doors, blueprints."""

from __future__ import annotations

from flask import Flask

from webapp import logs
from webapp.blueprints import assets, doors, errors, security
from webapp.blueprints.api.docs import api_docs
from webapp.blueprints.api.group_booking import group_booking
from webapp.blueprints.api.scheduling import scheduling
from webapp.blueprints.auth import auth
from webapp.blueprints.booking import booking
from webapp.blueprints.console import console
from webapp.blueprints.health import health
from webapp.blueprints.lazy_rules import LazyRule
from webapp.extensions import db, htmx, prepare_engine
from webapp.settings import Keys, Settings
from webapp.work import Clock, House


def assemble(settings: Settings, clock: Clock) -> Flask:
    """The application on ``settings`` and ``clock``."""
    logs.configure(settings.log_level)
    app = Flask("webapp", static_folder=None)
    app.url_rule_class = LazyRule
    keys = Keys.of(settings.data_dir)
    app.config.update(
        SECRET_KEY=keys.app,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=_engine_options(settings),
        WTF_CSRF_ENABLED=False,  # blueprints.forgery and the form keys do it
    )
    app.extensions["kalends"] = House(settings, keys, clock)
    db.init_app(app)
    htmx.init_app(app)
    with app.app_context():
        prepare_engine(db.engine)
    for part in (security, doors, errors, assets):
        part.init_app(app)
    for blueprint in (health, auth, console, scheduling, group_booking, api_docs, booking):
        app.register_blueprint(blueprint)
    return app


def _engine_options(settings: Settings) -> dict[str, object]:
    # A logged SQL error must not print what was bound: it may be somebody's address.
    if settings.is_sqlite:
        return {
            "hide_parameters": True,
            "connect_args": {"timeout": 5, "check_same_thread": False},
        }
    return {
        "hide_parameters": True,
        "pool_pre_ping": True,
        "pool_size": 5,
        "max_overflow": 5,
        "connect_args": {
            "options": "-c timezone=UTC -c idle_in_transaction_session_timeout=5000",
            "application_name": "kalends",
        },
    }
