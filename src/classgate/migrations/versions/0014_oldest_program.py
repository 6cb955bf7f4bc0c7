"""Which programs may use the schema: those that know this revision or a later one"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.add_column("alembic_version", sa.Column("oldest_program", sa.String(length=80)))
