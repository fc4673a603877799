"""Group booking: whose turn it is and why, groups by a program's own names, what programs say."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def _added() -> tuple[tuple[str, sa.Column[object]], ...]:
    """In place, never by batch: other tables refer to all of these."""
    return (
        ("booking_profile", _counted("turn", "0")),
        ("profile_host", _counted("weight", "1")),
        ("profile_host", _counted("priority", "0")),
        ("profile_host", _counted("turns", "0")),
        ("profile_host", _counted("last", "0")),
        (
            "booking_profile",
            sa.Column("open_meeting_url", sa.String(500), server_default="", nullable=False),
        ),
        ("host_group", sa.Column("shared", sa.Boolean(), server_default=sa.true(), nullable=False)),
        (
            "meeting",
            sa.Column("counted", sa.Boolean(), server_default=sa.false(), nullable=False),
        ),
        ("meeting", sa.Column("calendar_ids", sa.JSON(), server_default="{}", nullable=False)),
    )


def _counted(name: str, begins: str) -> sa.Column[object]:
    return sa.Column(name, BIG, server_default=begins, nullable=False)


def upgrade() -> None:
    for table, column in _added():
        op.add_column(table, column)
    op.add_column("booking", sa.Column("choice", sa.JSON(), nullable=True))
    op.add_column(
        "booking",
        sa.Column("reserved", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.add_column("profile_candidate", sa.Column("ext_id", sa.String(200), nullable=True))
    op.create_index(
        "ix_profile_candidate_profile_id_ext_id",
        "profile_candidate",
        ["profile_id", "ext_id"],
        unique=True,
    )
    _create_program_profile()


def _create_program_profile() -> None:
    op.create_table(
        "program_profile",
        sa.Column("profile_id", BIG, autoincrement=False, nullable=False),
        sa.Column("organization_id", BIG, nullable=False),
        sa.Column("context", sa.Text(), nullable=True),
        sa.Column("client_org_id", sa.String(200), nullable=True),
        sa.Column("start_conference", sa.Boolean(), nullable=False),
        sa.Column("covers", sa.String(20), nullable=True),
        sa.Column("account_id", BIG, nullable=True),
        sa.ForeignKeyConstraint(
            ["profile_id"],
            ["booking_profile.id"],
            name="fk_program_profile_profile_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name="fk_program_profile_organization_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name="fk_program_profile_account_id",
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("profile_id", name="pk_program_profile"),
    )
    op.create_index("ix_program_profile_organization_id", "program_profile", ["organization_id"])
    op.create_index("ix_program_profile_account_id", "program_profile", ["account_id"])


def downgrade() -> None:
    op.drop_table("program_profile")
    op.drop_index("ix_profile_candidate_profile_id_ext_id", table_name="profile_candidate")
    op.drop_column("profile_candidate", "ext_id")
    op.drop_column("booking", "reserved")
    op.drop_column("booking", "choice")
    for table, column in reversed(_added()):
        op.drop_column(table, column.name)
