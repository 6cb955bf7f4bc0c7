"""Lessons live: presence, replays, recordings, bound files, the outbox, the door of a session"""

import sqlalchemy as sa
from alembic import op

INSTANT = sa.BigInteger()
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    _change_what_is_there()
    op.create_table(
        "presences",
        sa.Column("presence_id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("classroom_id", ROW_ID, nullable=False),
        sa.Column("account_id", ROW_ID, nullable=False),
        sa.Column("session_id", sa.String(length=40), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("entered_at", INSTANT, nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.Column("left_at", INSTANT),
        sa.Column("left_because", sa.String(length=20)),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.account_id"], name=op.f("fk_presences_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["classroom_id"], ["classrooms.classroom_id"], name=op.f("fk_presences_classroom_id")
        ),
        sa.PrimaryKeyConstraint("presence_id", name=op.f("pk_presences")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_presences_classroom_id_account_id"), "presences", ["classroom_id", "account_id"]
    )
    op.create_index(op.f("ix_presences_account_id"), "presences", ["account_id"])
    _create_partial_index("ix_presences_here", "presences", ["classroom_id", "account_id"])
    _create_partial_index("ix_presences_seen", "presences", ["seen_at"], unique=False)
    op.create_table(
        "replays",
        sa.Column("classroom_id", ROW_ID, nullable=False),
        sa.Column("askable_at", INSTANT),
        sa.Column("due_at", INSTANT),
        sa.Column("requests", sa.Integer(), nullable=False),
        sa.Column("requested_at", INSTANT),
        sa.Column("indexed_at", INSTANT),
        sa.Column("index_result", sa.Integer(), nullable=False),
        sa.Column("index_url", sa.String(length=1000)),
        sa.ForeignKeyConstraint(
            ["classroom_id"], ["classrooms.classroom_id"], name=op.f("fk_replays_classroom_id")
        ),
        sa.PrimaryKeyConstraint("classroom_id", name=op.f("pk_replays")),
    )
    op.create_index(op.f("ix_replays_due_at"), "replays", ["due_at"])
    op.create_table(
        "recordings",
        sa.Column("recording_id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("classroom_id", ROW_ID, nullable=False),
        sa.Column("account_id", ROW_ID, nullable=False),
        sa.Column("video_id", sa.String(length=100), nullable=False),
        sa.Column("video_url", sa.String(length=500), nullable=False),
        sa.Column("start_time", sa.BigInteger(), nullable=False),
        sa.Column("end_time", sa.BigInteger(), nullable=False),
        sa.Column("media_start_time", sa.BigInteger(), nullable=False),
        sa.Column("file_size", sa.BigInteger(), nullable=False),
        sa.Column("duration", sa.BigInteger(), nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.account_id"], name=op.f("fk_recordings_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["classroom_id"], ["classrooms.classroom_id"], name=op.f("fk_recordings_classroom_id")
        ),
        sa.PrimaryKeyConstraint("recording_id", name=op.f("pk_recordings")),
        sa.UniqueConstraint(
            "classroom_id", "video_id", name=op.f("uq_recordings_classroom_id_video_id")
        ),
    )
    op.create_table(
        "bindings",
        sa.Column("binding_id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("classroom_id", ROW_ID),
        sa.Column("account_id", ROW_ID, nullable=False),
        sa.Column("file_type", sa.BigInteger(), nullable=False),
        sa.Column("file_name", sa.String(length=256), nullable=False),
        sa.Column("url", sa.String(length=500), nullable=False),
        sa.Column("bound_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.account_id"], name=op.f("fk_bindings_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["classroom_id"], ["classrooms.classroom_id"], name=op.f("fk_bindings_classroom_id")
        ),
        sa.PrimaryKeyConstraint("binding_id", name=op.f("pk_bindings")),
    )
    op.create_index(op.f("ix_bindings_account_id"), "bindings", ["account_id"])
    _create_partial_index(
        "ix_bindings_of_class",
        "bindings",
        ["classroom_id", "account_id", "url"],
        where="classroom_id IS NOT NULL",
    )
    _create_partial_index(
        "ix_bindings_personal", "bindings", ["account_id", "url"], where="classroom_id IS NULL"
    )
    op.create_table(
        "outbox",
        sa.Column("message_id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("classroom_id", ROW_ID, nullable=False),
        sa.Column("account_id", sa.BigInteger()),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_outbox")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_outbox_classroom_id"), "outbox", ["classroom_id"])


def _change_what_is_there() -> None:
    op.add_column(
        "sessions", sa.Column("door", sa.String(length=10), nullable=False, server_default="api")
    )
    op.add_column("classrooms", sa.Column("recent_at", INSTANT, nullable=False, server_default="0"))
    op.execute("UPDATE classrooms SET recent_at = coalesce(started_at, created_at)")
    op.create_index(
        op.f("ix_classrooms_recent_at_classroom_id"), "classrooms", ["recent_at", "classroom_id"]
    )
    op.create_index(
        op.f("ix_classrooms_state_recent_at_classroom_id"),
        "classrooms",
        ["state", "recent_at", "classroom_id"],
    )
    op.create_index(op.f("ix_classrooms_state_open"), "classrooms", ["state", "open"])
    op.create_table(
        "host_hearings",
        sa.Column("classroom_id", ROW_ID, nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["classroom_id"],
            ["classrooms.classroom_id"],
            name=op.f("fk_host_hearings_classroom_id"),
        ),
        sa.PrimaryKeyConstraint("classroom_id", name=op.f("pk_host_hearings")),
    )
    op.create_index(op.f("ix_host_hearings_seen_at"), "host_hearings", ["seen_at"])
    op.execute(
        "INSERT INTO host_hearings (classroom_id, seen_at)"
        " SELECT classroom_id, coalesce(started_at, created_at) FROM classrooms"
        " WHERE state = 'live'"
    )
    if op.get_bind().dialect.name == "postgresql":  # SQLite counts no characters
        op.alter_column("classrooms", "title", type_=sa.String(length=128))


def _create_partial_index(
    name: str,
    table: str,
    columns: list[str],
    *,
    where: str = "left_at IS NULL",
    unique: bool = True,
) -> None:
    condition = sa.text(where)
    op.create_index(
        name,
        table,
        columns,
        unique=unique,
        sqlite_where=condition,
        postgresql_where=condition,
    )
