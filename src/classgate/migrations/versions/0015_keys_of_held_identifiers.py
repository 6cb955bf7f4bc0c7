"""Under which audit key an identifier is held"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.add_column("held_identifiers", sa.Column("key_name", sa.String(20)))
