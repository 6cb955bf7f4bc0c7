"""Rate limits that several processes share"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

INSTANT = sa.BigInteger()


def upgrade() -> None:
    is_server = op.get_bind().dialect.name == "postgresql"
    op.create_table(
        "rate_limits",
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("empty_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("per_event", sa.BigInteger(), nullable=False),
        sa.Column("capacity", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_rate_limits")),
        # A change waits for no disk; a crash of the server empties it, which resets the limits.
        prefixes=["UNLOGGED"] if is_server else [],
    )
