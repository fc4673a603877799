"""Public holidays and time away: whole dates, public ids, labels of dated overrides."""

from __future__ import annotations

from uuid import uuid4

import sqlalchemy as sa
from alembic import op

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create_host_holidays()
    with op.batch_alter_table("schedule") as batch:
        batch.add_column(sa.Column("labels", sa.JSON(), server_default="{}", nullable=False))
    with op.batch_alter_table("time_away") as batch:
        batch.add_column(sa.Column("uuid", sa.Uuid(), nullable=True))
        batch.add_column(sa.Column("start_on", sa.Date(), nullable=True))
        batch.add_column(sa.Column("end_on", sa.Date(), nullable=True))
        batch.add_column(sa.Column("holidays_id", BIG, nullable=True))
    _name_them()
    with op.batch_alter_table("time_away") as batch:
        batch.alter_column("uuid", existing_type=sa.Uuid(), nullable=False)
        batch.create_unique_constraint("uq_time_away_uuid", ["uuid"])
        batch.create_foreign_key(
            "fk_time_away_holidays_id",
            "host_holidays",
            ["holidays_id"],
            ["id"],
            ondelete="CASCADE",
        )
    op.create_index("ix_time_away_holidays_id", "time_away", ["holidays_id"], unique=False)


def _create_host_holidays() -> None:
    op.create_table(
        "host_holidays",
        sa.Column("id", BIG, nullable=False),
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("host_id", BIG, nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("region", sa.String(length=40), nullable=False),
        sa.Column("worked", sa.JSON(), nullable=False),
        sa.Column("laid_until", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("organization_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["host_id"], ["user.id"], name="fk_host_holidays_host_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name="fk_host_holidays_organization_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_host_holidays"),
        sa.UniqueConstraint("uuid", name="uq_host_holidays_uuid"),
        sa.UniqueConstraint(
            "organization_id",
            "host_id",
            "country",
            "region",
            name="uq_host_holidays_organization_id_host_id_country_region",
        ),
    )
    for column in ("host_id", "organization_id"):
        op.create_index(f"ix_host_holidays_{column}", "host_holidays", [column], unique=False)


def _name_them() -> None:
    """Give the times away that exist a public id each."""
    away = sa.table("time_away", sa.column("id", BIG), sa.column("uuid", sa.Uuid()))
    connection = op.get_bind()
    for (number,) in connection.execute(sa.select(away.c.id)).all():
        connection.execute(sa.update(away).where(away.c.id == number).values(uuid=uuid4()))


def downgrade() -> None:
    op.drop_index("ix_time_away_holidays_id", table_name="time_away")
    with op.batch_alter_table("time_away") as batch:
        batch.drop_constraint("fk_time_away_holidays_id", type_="foreignkey")
        batch.drop_constraint("uq_time_away_uuid", type_="unique")
        for column in ("holidays_id", "end_on", "start_on", "uuid"):
            batch.drop_column(column)
    with op.batch_alter_table("schedule") as batch:
        batch.drop_column("labels")
    op.drop_table("host_holidays")
