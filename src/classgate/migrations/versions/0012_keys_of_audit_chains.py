"""Under which key an audit chain was begun"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.add_column("audit_chains", sa.Column("key_name", sa.String(20)))
