"""The state of each message in the outbox, for its delivery"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
needs_stop = True  # a table is made anew, whose new columns older programs do not fill

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.BigInteger()

_COPIED = "message_id, kind, classroom_id, account_id, payload, created_at"


def upgrade() -> None:
    op.drop_index("ix_outbox_classroom_id", "outbox")
    op.rename_table("outbox", "outbox_before")
    if op.get_bind().dialect.name == "postgresql":
        # The names of a key and of a sequence do not follow the table's.
        op.execute("ALTER TABLE outbox_before RENAME CONSTRAINT pk_outbox TO pk_outbox_before")
        op.execute("ALTER SEQUENCE outbox_message_id_seq RENAME TO outbox_before_message_id_seq")
    op.create_table(
        "outbox",
        sa.Column("message_id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("ordering_key", sa.String(length=60), nullable=False),
        sa.Column("classroom_id", ROW_ID),
        sa.Column("account_id", sa.BigInteger()),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("next_attempt_at", INSTANT, nullable=False),
        sa.Column("claimed_until", INSTANT),
        sa.Column("repeat_until", INSTANT),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("refusals", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(length=60)),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_outbox")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_outbox_ordering_key", "outbox", ["ordering_key", "message_id"])
    op.create_index(
        "ix_outbox_due",
        "outbox",
        ["kind", "next_attempt_at"],
        sqlite_where=sa.text("state <> 'failed'"),
        postgresql_where=sa.text("state <> 'failed'"),
    )
    op.create_index(
        "ix_outbox_failed",
        "outbox",
        ["message_id"],
        sqlite_where=sa.text("state = 'failed'"),
        postgresql_where=sa.text("state = 'failed'"),
    )
    # The first delivery drops those that are too old, and gives the others their place.
    op.execute(
        f"INSERT INTO outbox ({_COPIED}, state, ordering_key, next_attempt_at, attempts, refusals)"  # noqa: S608 - names only
        f" SELECT {_COPIED}, 'waiting', 'upgraded', created_at, 0, 0 FROM outbox_before"
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "SELECT setval('outbox_message_id_seq', nextval('outbox_before_message_id_seq'))"
        )
    op.drop_table("outbox_before")
