"""Uploads that came to nothing are tidied away in the store"""

import sqlalchemy as sa
from alembic import op

INSTANT = sa.BigInteger()

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("uploads", sa.Column("tidy_after", INSTANT))
    op.add_column("uploads", sa.Column("tidied_at", INSTANT))
    op.create_index(
        op.f("ix_uploads_state_tidied_at_tidy_after"),
        "uploads",
        ["state", "tidied_at", "tidy_after"],
    )
    op.create_index(
        "ix_leases_pending",
        "leases",
        ["issued_at"],
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    )
