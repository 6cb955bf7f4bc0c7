"""When a member was muted"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("memberships", sa.Column("muted_at", sa.BigInteger()))
