"""Taken time as bits, dropped by the database itself with any change of the spans behind them.

A later batch migration of ``busy_span`` would drop the triggers silently, as it would those of
0004; masks would then say what was, so a test watches that they stand.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

# A piece is thirty days: 2,592,000 seconds.
_SQLITE_DROP = """
    DELETE FROM busy_mask WHERE host_id = {row}.host_id AND {row}.expires_at IS NULL
      AND piece BETWEEN CAST(strftime('%s', {row}.start_at) AS INTEGER) / 2592000
                    AND CAST(strftime('%s', {row}.end_at) AS INTEGER) / 2592000;
"""
_SQLITE = """
CREATE TRIGGER busy_span_unmask_{word} AFTER {event} ON busy_span
WHEN {when}
BEGIN {drops} END
"""
_OLD, _NEW = _SQLITE_DROP.format(row="OLD"), _SQLITE_DROP.format(row="NEW")
_TRIGGERS = (
    ("insert", "INSERT", "NEW.expires_at IS NULL", _NEW),
    ("delete", "DELETE", "OLD.expires_at IS NULL", _OLD),
    (
        "update",
        "UPDATE OF host_id, start_at, end_at, expires_at",
        "OLD.expires_at IS NULL OR NEW.expires_at IS NULL",
        _OLD + _NEW,
    ),
)

_POSTGRESQL_DROP = """
    DELETE FROM busy_mask WHERE host_id = {row}.host_id
      AND piece BETWEEN floor(extract(epoch FROM {row}.start_at) / 2592000)
                    AND floor(extract(epoch FROM {row}.end_at) / 2592000);
"""
_POSTGRESQL = f"""
CREATE FUNCTION busy_span_unmask() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        IF OLD.expires_at IS NULL THEN {_POSTGRESQL_DROP.format(row="OLD")} END IF;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        IF NEW.expires_at IS NULL THEN {_POSTGRESQL_DROP.format(row="NEW")} END IF;
    END IF;
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    op.create_table(
        "busy_mask",
        sa.Column("host_id", BIG, autoincrement=False, nullable=False),
        sa.Column("piece", BIG, autoincrement=False, nullable=False),
        sa.Column("bits", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["host_id"], ["user.id"], name="fk_busy_mask_host_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("host_id", "piece", name="pk_busy_mask"),
    )
    if op.get_bind().dialect.name == "sqlite":
        for word, event, when, drops in _TRIGGERS:
            op.execute(_SQLITE.format(word=word, event=event, when=when, drops=drops))
        return
    op.execute(_POSTGRESQL)
    op.execute(
        "CREATE TRIGGER busy_span_unmask AFTER INSERT OR DELETE OR UPDATE OF "
        "host_id, start_at, end_at, expires_at ON busy_span "
        "FOR EACH ROW EXECUTE FUNCTION busy_span_unmask()"
    )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for word, *_ in _TRIGGERS:
            op.execute(f"DROP TRIGGER busy_span_unmask_{word}")
    else:
        op.execute("DROP TRIGGER busy_span_unmask ON busy_span")
        op.execute("DROP FUNCTION busy_span_unmask()")
    op.drop_table("busy_mask")
