"""What ``kalends doctor`` looks for: an unsafe or broken installation, in words."""

from __future__ import annotations

import stat
import sys

import sqlalchemy as sa

from webapp.migrations import guard_stands, is_current
from webapp.settings import Settings


def findings(settings: Settings) -> list[str]:
    """Everything that should be mended, each as one sentence; empty when all is well."""
    found = [*_settings(settings), *_files(settings)]
    try:
        found += _database(settings)
    except sa.exc.SQLAlchemyError as error:
        found.append(f"the database does not answer: {type(error).__name__}")
    return found


def _settings(settings: Settings) -> list[str]:
    found = []
    if not settings.is_https and not settings.listens_on_loopback:
        found.append("KALENDS_BASE_URL is http although the address listened on is public")
    if settings.mail_url == "outbox:" and not settings.demo:
        found.append("mail is written into the outbox folder only; set KALENDS_MAIL_URL")
    if not settings.is_sqlite:
        url = sa.make_url(settings.database_url)
        host = url.host or str(url.query.get("host", ""))
        local = not host or host.startswith("/") or host in ("127.0.0.1", "localhost", "::1")
        if not local and not url.password:
            found.append("the database is on another machine and asks for no password")
    return found


def _files(settings: Settings) -> list[str]:
    if sys.platform == "win32":
        return []
    found = []
    for name in ("keys.json", "demo.json", "kalends.sqlite3"):
        path = settings.data_dir / name
        if (
            path.exists()
            and path.stat().st_mode & (stat.S_IRWXO | stat.S_IRWXG)
            and (name != "kalends.sqlite3" or path.stat().st_mode & stat.S_IRWXO)
        ):
            found.append(f"{name} in the data folder can be read by others")
    return found


def _database(settings: Settings) -> list[str]:
    engine = sa.create_engine(settings.database_url, poolclass=sa.NullPool)
    found = []
    try:
        with engine.connect() as connection:
            if not is_current(connection):
                return ["the database is not at the newest revision; run kalends migrate"]
            if not guard_stands(connection):
                found.append("the guard against two bookings at one time is gone from the database")
            if settings.is_sqlite:
                answer = connection.exec_driver_sql("PRAGMA quick_check").scalar()
                if answer != "ok":
                    found.append(f"the database file is damaged: {answer}")
    finally:
        engine.dispose()
    return found
