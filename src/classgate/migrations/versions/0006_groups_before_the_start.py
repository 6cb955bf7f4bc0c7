"""When the groups of a class are made before its start"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("classrooms", sa.Column("groups_due_at", sa.BigInteger()))
    op.create_index(
        "ix_classrooms_groups_due",
        "classrooms",
        ["groups_due_at"],
        sqlite_where=sa.text("groups_due_at IS NOT NULL"),
        postgresql_where=sa.text("groups_due_at IS NOT NULL"),
    )
