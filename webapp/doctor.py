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
            found += _audit_logs(connection)
            if settings.is_sqlite:
                answer = connection.exec_driver_sql("PRAGMA quick_check").scalar()
                if answer != "ok":
                    found.append(f"the database file is damaged: {answer}")
    finally:
        engine.dispose()
    return found


def _audit_logs(connection: sa.Connection) -> list[str]:
    """Every organization's audit log that is not what was chained, and where that begins."""
    from webapp.domain import auditchain
    from webapp.models import AuditChain, AuditEntry, Organization, table_of

    entry, chain = table_of(AuditEntry), table_of(AuditChain)
    names = table_of(Organization)
    links = (
        sa.select(entry, entry.c.chain_number.label("number"), entry.c.chain_hash.label("hash"))
        .where(entry.c.organization_id == sa.bindparam("of"), entry.c.chain_number.is_not(None))
        .order_by(entry.c.chain_number)
        .execution_options(yield_per=1000)
    )
    ends = sa.select(names.c.slug, chain).join(names, names.c.id == chain.c.organization_id)
    found = []
    for end in connection.execute(ends).all():
        rows = connection.execute(links, {"of": end.organization_id}).mappings()
        fields = auditchain.Link.__dataclass_fields__
        walked = auditchain.walk(auditchain.Link(**{n: row[n] for n in fields}) for row in rows)
        if walked.broken is not None:
            place = walked.broken.number
        elif (walked.count, walked.last) != (end.number, end.hash):
            place = min(walked.count, end.number) + 1
        else:
            continue
        found.append(f"the audit log of {end.slug} was changed at number {place}")
    return found
