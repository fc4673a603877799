"""An organization's settings, and an audit log that shows when somebody tampered with it.

The database itself refuses to change or delete what the log says; the only ways left are to chain
an entry, to forget its personal part, and to delete the whole organization.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_CHAINED = sa.text("chain_number IS NOT NULL")
_UNCHAINED = sa.text("chain_number IS NULL")

_SQLITE_UPDATE = """
CREATE TRIGGER audit_entry_refuse_update BEFORE UPDATE ON audit_entry
WHEN NEW.id IS NOT OLD.id OR NEW.organization_id IS NOT OLD.organization_id
  OR NEW.at IS NOT OLD.at OR NEW.actor IS NOT OLD.actor OR NEW.action IS NOT OLD.action
  OR NEW.subject IS NOT OLD.subject OR NEW.changes IS NOT OLD.changes
  OR NEW.personal_digest IS NOT OLD.personal_digest
  OR (NEW.personal IS NOT NULL AND NEW.personal IS NOT OLD.personal)
  OR (OLD.chain_number IS NOT NULL
      AND (NEW.chain_number IS NOT OLD.chain_number OR NEW.chain_hash IS NOT OLD.chain_hash))
BEGIN
    SELECT RAISE(ABORT, 'the audit log is only added to');
END
"""
_SQLITE_DELETE = """
CREATE TRIGGER audit_entry_refuse_delete BEFORE DELETE ON audit_entry
WHEN EXISTS (SELECT 1 FROM organization WHERE id = OLD.organization_id)
BEGIN
    SELECT RAISE(ABORT, 'the audit log is only added to');
END
"""
_FUNCTION = """
CREATE FUNCTION audit_entry_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF EXISTS (SELECT 1 FROM organization WHERE id = OLD.organization_id) THEN
            RAISE EXCEPTION 'the audit log is only added to';
        END IF;
        RETURN OLD;
    END IF;
    IF (NEW.id, NEW.organization_id, NEW.at, NEW.actor, NEW.action, NEW.subject, NEW.changes::text,
        NEW.personal_digest)
       IS DISTINCT FROM
       (OLD.id, OLD.organization_id, OLD.at, OLD.actor, OLD.action, OLD.subject, OLD.changes::text,
        OLD.personal_digest)
       OR (NEW.personal IS NOT NULL AND NEW.personal::text IS DISTINCT FROM OLD.personal::text)
       OR (OLD.chain_number IS NOT NULL
           AND (NEW.chain_number, NEW.chain_hash)
               IS DISTINCT FROM (OLD.chain_number, OLD.chain_hash)) THEN
        RAISE EXCEPTION 'the audit log is only added to';
    END IF;
    RETURN NEW;
END $$
"""
_POSTGRESQL = (
    _FUNCTION,
    "CREATE TRIGGER audit_entry_refuse BEFORE UPDATE OR DELETE ON audit_entry "
    "FOR EACH ROW EXECUTE FUNCTION audit_entry_refuse()",
)


def _of_organization(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["organization_id"],
        ["organization.id"],
        name=f"fk_{table}_organization_id",
        ondelete="CASCADE",
    )


def upgrade() -> None:
    op.add_column("organization", sa.Column("logo_tag", sa.String(length=20), nullable=True))
    op.add_column("organization", sa.Column("retention_months", BIG, nullable=True))
    op.add_column(
        "organization", sa.Column("erased_until", sa.DateTime(timezone=True), nullable=True)
    )
    op.create_table(
        "organization_logo",
        sa.Column("id", BIG, nullable=False),
        sa.Column("media_type", sa.String(length=40), nullable=False),
        sa.Column("width", BIG, nullable=False),
        sa.Column("height", BIG, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", BIG, nullable=False),
        _of_organization("organization_logo"),
        sa.PrimaryKeyConstraint("id", name="pk_organization_logo"),
        sa.UniqueConstraint("organization_id", name="uq_organization_logo_organization_id"),
    )
    op.create_table(
        "organization_address",
        sa.Column("id", BIG, nullable=False),
        sa.Column("slug", sa.String(length=40), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", BIG, nullable=False),
        _of_organization("organization_address"),
        sa.PrimaryKeyConstraint("id", name="pk_organization_address"),
        sa.UniqueConstraint("slug", name="uq_organization_address_slug"),
    )
    op.create_table(
        "audit_chain",
        sa.Column("id", BIG, nullable=False),
        sa.Column("number", BIG, nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", BIG, nullable=False),
        _of_organization("audit_chain"),
        sa.PrimaryKeyConstraint("id", name="pk_audit_chain"),
        sa.UniqueConstraint("organization_id", name="uq_audit_chain_organization_id"),
    )
    for table in ("organization_logo", "organization_address", "audit_chain"):
        op.create_index(f"ix_{table}_organization_id", table, ["organization_id"], unique=False)
    _chain_columns()


def _chain_columns() -> None:
    for column in (
        sa.Column("personal", sa.JSON(), nullable=True),
        sa.Column("personal_digest", sa.LargeBinary(length=32), nullable=True),
        sa.Column("chain_number", BIG, nullable=True),
        sa.Column("chain_hash", sa.LargeBinary(length=32), nullable=True),
    ):
        op.add_column("audit_entry", column)
    op.create_index(
        "ix_audit_entry_unchained",
        "audit_entry",
        ["organization_id", "id"],
        sqlite_where=_UNCHAINED,
        postgresql_where=_UNCHAINED,
    )
    op.create_index(
        "uq_audit_entry_chain",
        "audit_entry",
        ["organization_id", "chain_number"],
        unique=True,
        sqlite_where=_CHAINED,
        postgresql_where=_CHAINED,
    )
    sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in (_SQLITE_UPDATE, _SQLITE_DELETE) if sqlite else _POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER audit_entry_refuse_update")
        op.execute("DROP TRIGGER audit_entry_refuse_delete")
    else:
        op.execute("DROP TRIGGER audit_entry_refuse ON audit_entry")
        op.execute("DROP FUNCTION audit_entry_refuse")
    for name in ("uq_audit_entry_chain", "ix_audit_entry_unchained"):
        op.drop_index(name, table_name="audit_entry")
    for column in ("chain_hash", "chain_number", "personal_digest", "personal"):
        op.drop_column("audit_entry", column)
    for table in ("audit_chain", "organization_address", "organization_logo"):
        op.drop_table(table)
    for column in ("erased_until", "retention_months", "logo_tag"):
        op.drop_column("organization", column)
