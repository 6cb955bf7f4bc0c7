"""Which key made what was issued under a lease"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("leases", sa.Column("signed_by", sa.String(20)))
