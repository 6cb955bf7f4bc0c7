"""Who is in a room, how a presence is known, mutes, and kicks that end"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.BigInteger()


def upgrade() -> None:
    op.create_table(
        "room_users",
        sa.Column("classroom_id", ROW_ID, nullable=False),
        sa.Column("account_id", ROW_ID, nullable=False),
        sa.Column("in_room", sa.Boolean(), nullable=False),
        sa.Column("sends", sa.Boolean(), nullable=False),
        sa.Column("event_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.account_id"], name=op.f("fk_room_users_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["classroom_id"], ["classrooms.classroom_id"], name=op.f("fk_room_users_classroom_id")
        ),
        sa.PrimaryKeyConstraint("classroom_id", "account_id", name=op.f("pk_room_users")),
    )
    op.create_index("ix_room_users_event_at", "room_users", ["event_at"])
    op.add_column(
        "presences",
        sa.Column("source", sa.String(length=10), nullable=False, server_default="client"),
    )
    op.add_column("memberships", sa.Column("kicked_until", INSTANT))
    for table in ("memberships", "classrooms"):
        op.add_column(table, sa.Column("muted", sa.Integer(), nullable=False, server_default="0"))
