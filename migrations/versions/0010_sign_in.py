"""More ways to sign in: OpenID Connect, one-time codes, passkeys; locale and time notation."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WHEN = sa.DateTime(timezone=True)

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Added in place, never by batch: half of all tables refer to these two.
    op.add_column(
        "user", sa.Column("locale", sa.String(length=10), nullable=False, server_default="en")
    )
    op.add_column(
        "user", sa.Column("time_notation", sa.String(length=2), nullable=False, server_default="24")
    )
    op.add_column("browser_session", sa.Column("proven_at", WHEN, nullable=True))
    _create_means()
    _create_tickets()


def _person(table: str, *, optional: bool = False) -> tuple[sa.Column[int], sa.Constraint]:
    return (
        sa.Column("user_id", BIG, nullable=optional),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user.id"], name=f"fk_{table}_user_id", ondelete="CASCADE"
        ),
    )


def _create_means() -> None:
    op.create_table(
        "one_time_code",
        *_person("one_time_code"),
        sa.Column("secret", sa.LargeBinary(length=120), nullable=False),
        sa.Column("last_step", BIG, nullable=False),
        sa.Column("created_at", WHEN, nullable=False),
        sa.Column("confirmed_at", WHEN, nullable=True),
        sa.PrimaryKeyConstraint("user_id", name="pk_one_time_code"),
    )
    op.create_table(
        "recovery_code",
        sa.Column("id", BIG, nullable=False),
        *_person("recovery_code"),
        sa.Column("code_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("used_at", WHEN, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_recovery_code"),
    )
    op.create_index("ix_recovery_code_user_id", "recovery_code", ["user_id"])
    op.create_table(
        "passkey",
        sa.Column("id", BIG, nullable=False),
        sa.Column("uuid", sa.Uuid(), nullable=False),
        *_person("passkey"),
        sa.Column("credential_id", sa.LargeBinary(length=1023), nullable=False),
        sa.Column("public_key", sa.LargeBinary(length=2000), nullable=False),
        sa.Column("sign_count", BIG, nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("created_at", WHEN, nullable=False),
        sa.Column("used_at", WHEN, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_passkey"),
        sa.UniqueConstraint("uuid", name="uq_passkey_uuid"),
        sa.UniqueConstraint("credential_id", name="uq_passkey_credential_id"),
    )
    op.create_index("ix_passkey_user_id", "passkey", ["user_id"])
    op.create_table(
        "openid_identity",
        sa.Column("id", BIG, nullable=False),
        *_person("openid_identity"),
        sa.Column("issuer", sa.String(length=255), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("label", sa.String(length=254), nullable=False),
        sa.Column("created_at", WHEN, nullable=False),
        sa.Column("used_at", WHEN, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_openid_identity"),
        sa.UniqueConstraint("issuer", "subject", name="uq_openid_identity_issuer_subject"),
        sa.UniqueConstraint("user_id", "issuer", name="uq_openid_identity_user_id_issuer"),
    )


def _create_tickets() -> None:
    op.create_table(
        "sign_in_ticket",
        sa.Column("id", BIG, nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        *_person("sign_in_ticket", optional=True),
        sa.Column("session_id", BIG, nullable=True),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("tries", BIG, nullable=False),
        sa.Column("created_at", WHEN, nullable=False),
        sa.Column("expires_at", WHEN, nullable=False),
        sa.Column("used_at", WHEN, nullable=True),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["browser_session.id"],
            name="fk_sign_in_ticket_session_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_sign_in_ticket"),
        sa.UniqueConstraint("token_hash", name="uq_sign_in_ticket_token_hash"),
    )
    for column in ("user_id", "session_id", "expires_at"):
        op.create_index(f"ix_sign_in_ticket_{column}", "sign_in_ticket", [column])


def downgrade() -> None:
    for table in ("sign_in_ticket", "openid_identity", "passkey", "recovery_code", "one_time_code"):
        op.drop_table(table)
    op.drop_column("browser_session", "proven_at")
    op.drop_column("user", "time_notation")
    op.drop_column("user", "locale")
