"""Known addresses, and what removing old rows needs"""

import sqlalchemy as sa
from alembic import op

INSTANT = sa.BigInteger()
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "known_addresses",
        sa.Column("address_digest", sa.String(length=64), nullable=False),
        sa.Column("account_id", ROW_ID, nullable=False),
        sa.Column("last_seen_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.account_id"], name=op.f("fk_known_addresses_account_id")
        ),
        sa.PrimaryKeyConstraint("address_digest", name=op.f("pk_known_addresses")),
    )
    op.create_index(
        op.f("ix_known_addresses_account_id_last_seen_at"),
        "known_addresses",
        ["account_id", "last_seen_at"],
    )
    op.create_index(op.f("ix_known_addresses_last_seen_at"), "known_addresses", ["last_seen_at"])
    op.create_index(
        "ix_sessions_open",
        "sessions",
        ["account_id", "created_at", "session_id"],
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    _index_by_end("leases", "coalesce(ended_at, renewable_until, expires_at, issued_at)")
    _index_by_end("sessions", "coalesce(ended_at, expires_at)")
    op.add_column(
        "accounts",
        sa.Column("has_own_folder", sa.Boolean(), nullable=False, server_default=sa.text("false")),
    )
    op.execute(
        "UPDATE accounts SET has_own_folder = true WHERE account_id IN (SELECT account_id"
        " FROM leases WHERE kind = 'cos_signature' AND classroom_id IS NULL)"
    )


def _index_by_end(table: str, over_at: str) -> None:
    """An index by when a row was over."""
    op.create_index(f"ix_{table}_over", table, [sa.text(over_at)])
