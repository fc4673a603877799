"""Long work with a progress of its own, and keys that expire and change their secret."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT = sa.DateTime(timezone=True)

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_WITH_FILE = sa.text("file_until IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "long_work",
        sa.Column("id", BIG, nullable=False),
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("started_by", BIG, nullable=True),
        sa.Column("turn", BIG, nullable=False),
        sa.Column("asked", sa.JSON(), nullable=False),
        sa.Column("place", sa.JSON(), nullable=False),
        sa.Column("done_count", BIG, nullable=False),
        sa.Column("total", BIG, nullable=False),
        sa.Column("result", sa.JSON(), nullable=False),
        sa.Column("error", sa.String(length=300), nullable=False),
        sa.Column("file_name", sa.String(length=80), nullable=True),
        sa.Column("file_bytes", BIG, nullable=True),
        sa.Column("file_until", AT, nullable=True),
        sa.Column("cancel_asked_at", AT, nullable=True),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("begun_at", AT, nullable=True),
        sa.Column("ended_at", AT, nullable=True),
        sa.Column("organization_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["started_by"], ["user.id"], name="fk_long_work_started_by", ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name="fk_long_work_organization_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_long_work"),
        sa.UniqueConstraint("uuid", name="uq_long_work_uuid"),
    )
    for column in ("started_by", "organization_id"):
        op.create_index(f"ix_long_work_{column}", "long_work", [column], unique=False)
    op.create_index("ix_long_work_organization_id_id", "long_work", ["organization_id", "id"])
    op.create_index(
        "ix_long_work_file_until",
        "long_work",
        ["file_until"],
        sqlite_where=_WITH_FILE,
        postgresql_where=_WITH_FILE,
    )
    _key_columns()


def _key_columns() -> None:
    op.add_column("api_client", sa.Column("scopes", sa.JSON(), nullable=True))
    op.add_column("api_client", sa.Column("expires_at", AT, nullable=True))
    for table in ("access_token", "api_client"):
        with op.batch_alter_table(table) as batch:
            batch.add_column(sa.Column("made_by", BIG, nullable=True))
            batch.add_column(sa.Column("rotated_at", AT, nullable=True))
            batch.add_column(sa.Column("old_secret_hash", sa.LargeBinary(32), nullable=True))
            batch.add_column(sa.Column("old_secret_until", AT, nullable=True))
            batch.create_foreign_key(
                f"fk_{table}_made_by", "user", ["made_by"], ["id"], ondelete="SET NULL"
            )
            batch.create_index(f"ix_{table}_made_by", ["made_by"])


def downgrade() -> None:
    for table in ("access_token", "api_client"):
        with op.batch_alter_table(table) as batch:
            batch.drop_index(f"ix_{table}_made_by")
            batch.drop_constraint(f"fk_{table}_made_by", type_="foreignkey")
            for column in ("old_secret_until", "old_secret_hash", "rotated_at", "made_by"):
                batch.drop_column(column)
    for column in ("expires_at", "scopes"):
        op.drop_column("api_client", column)
    op.drop_table("long_work")
