"""The database itself refuses two overlapping exclusive spans of one host.

On SQLite by triggers, on PostgreSQL by an exclusion constraint that needs no extension: the host
is written as a range of one number. A later batch migration of ``busy_span`` would drop the
triggers silently, so it has to make them again; a test walks every revision and tries.
"""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_TRIGGER = """
CREATE TRIGGER busy_span_refuse_{word} BEFORE {event} ON busy_span
WHEN NEW.exclusive AND EXISTS (
    SELECT 1 FROM busy_span AS o
    WHERE o.host_id = NEW.host_id AND o.end_at > NEW.start_at AND o.start_at < NEW.end_at
      AND o.exclusive {other}
)
BEGIN
    SELECT RAISE(ABORT, 'busy_span overlap');
END
"""


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(_TRIGGER.format(word="insert", event="INSERT", other=""))
        op.execute(
            _TRIGGER.format(
                word="update",
                event="UPDATE OF host_id, start_at, end_at, exclusive",
                other="AND o.id <> OLD.id",
            )
        )
        return
    op.execute(
        "ALTER TABLE busy_span ADD CONSTRAINT ex_busy_span_overlap EXCLUDE USING gist ("
        "int8range(host_id, host_id, '[]') WITH &&, tstzrange(start_at, end_at) WITH &&"
        ") WHERE (exclusive)"
    )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER busy_span_refuse_insert")
        op.execute("DROP TRIGGER busy_span_refuse_update")
        return
    op.execute("ALTER TABLE busy_span DROP CONSTRAINT ex_busy_span_overlap")
