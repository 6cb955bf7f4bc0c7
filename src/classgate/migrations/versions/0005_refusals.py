"""Refusals, and the requests that they count"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

INSTANT = sa.BigInteger()


def upgrade() -> None:
    op.create_table(
        "refusals",
        sa.Column("refusal_id", sa.String(length=32), nullable=False),
        sa.Column("account_id", sa.BigInteger()),
        sa.Column("identifier_digest", sa.String(length=16)),
        sa.Column("classroom_id", sa.BigInteger()),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("rule", sa.String(length=120), nullable=False),
        sa.Column("route", sa.String(length=120), nullable=False),
        sa.Column("address", sa.String(length=60), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("first_at", INSTANT, nullable=False),
        sa.Column("last_at", INSTANT, nullable=False),
        sa.Column("request_id", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("refusal_id", name=op.f("pk_refusals")),
    )
    for column in ("account_id", "identifier_digest", "classroom_id"):
        is_known = sa.text(f"{column} IS NOT NULL")
        op.create_index(
            f"ix_refusals_{column}",
            "refusals",
            [column, "refusal_id"],
            sqlite_where=is_known,
            postgresql_where=is_known,
        )
    op.create_index("ix_refusals_request_id", "refusals", ["request_id"])
    op.create_table(
        "refusal_requests",
        sa.Column("request_id", sa.String(length=40), nullable=False),
        sa.Column("refusal_id", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_refusal_requests")),
    )
    op.create_index("ix_refusal_requests_refusal_id", "refusal_requests", ["refusal_id"])
