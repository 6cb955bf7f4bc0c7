"""The first schema"""

import sqlalchemy as sa
from alembic import op

# Written out, not imported from the features: history does not change when they do.
INSTANT = sa.BigInteger()
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("account_id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("identifier", sa.String(length=32), nullable=False),
        sa.Column("identifier_folded", sa.String(length=32), nullable=False),
        sa.Column("display_name", sa.String(length=100), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("signatures_after", INSTANT, nullable=False),
        sa.Column("deleted_at", INSTANT),
        sa.Column("has_personal_folder", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("identifier_folded", name=op.f("uq_accounts_identifier_folded")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "audit_chains",
        sa.Column("chain", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("mac", sa.String(length=64), nullable=False),
        sa.Column("checkpointed_seq", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("chain", name=op.f("pk_audit_chains")),
    )
    op.create_table(
        "audit_rows",
        sa.Column("chain", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("mac", sa.String(length=64), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("event", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.BigInteger()),
        sa.Column("actor_id", sa.BigInteger()),
        sa.Column("classroom_id", sa.BigInteger()),
        sa.Column("lease_id", sa.String(length=40)),
        sa.Column("rule", sa.String(length=200)),
        sa.Column("fingerprints", sa.Text(), nullable=False),
        sa.Column("request_id", sa.String(length=40), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("chain", "seq", name=op.f("pk_audit_rows")),
    )
    op.create_index(op.f("ix_audit_rows_account_id_at"), "audit_rows", ["account_id", "at"])
    op.create_index(op.f("ix_audit_rows_at"), "audit_rows", ["at"])
    op.create_index(op.f("ix_audit_rows_classroom_id_at"), "audit_rows", ["classroom_id", "at"])
    op.create_table(
        "held_identifiers",
        sa.Column("identifier_digest", sa.String(length=64), nullable=False),
        sa.Column("held_until", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("identifier_digest", name=op.f("pk_held_identifiers")),
    )
    op.create_table(
        "leases",
        sa.Column("lease_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("session_id", sa.String(length=40), nullable=False),
        sa.Column("classroom_id", sa.BigInteger()),
        sa.Column("upload_id", sa.String(length=40)),
        sa.Column("issued_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT),
        sa.Column("renewable_until", INSTANT),
        sa.Column("ended_at", INSTANT),
        sa.Column("end_reason", sa.String(length=40)),
        sa.PrimaryKeyConstraint("lease_id", name=op.f("pk_leases")),
    )
    op.create_index(
        op.f("ix_leases_account_id_classroom_id"),
        "leases",
        ["account_id", "classroom_id"],
    )
    op.create_index(op.f("ix_leases_classroom_id"), "leases", ["classroom_id"])
    op.create_index(
        "ix_leases_pending",
        "leases",
        ["issued_at"],
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_index(op.f("ix_leases_session_id"), "leases", ["session_id"])
    op.create_index(op.f("ix_leases_upload_id"), "leases", ["upload_id"])
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
    op.create_table(
        "classrooms",
        sa.Column("classroom_id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("title", sa.String(length=128), nullable=False),
        sa.Column("cover_url", sa.String(length=500)),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("host_id", ROW_ID, nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("starts_at", INSTANT),
        sa.Column("ends_at", INSTANT),
        sa.Column("started_at", INSTANT),
        sa.Column("ended_at", INSTANT),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("recent_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["host_id"], ["accounts.account_id"], name=op.f("fk_classrooms_host_id")
        ),
        sa.PrimaryKeyConstraint("classroom_id", name=op.f("pk_classrooms")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_classrooms_host_id"), "classrooms", ["host_id"])
    op.create_index(
        op.f("ix_classrooms_recent_at_classroom_id"),
        "classrooms",
        ["recent_at", "classroom_id"],
    )
    op.create_index(op.f("ix_classrooms_state_open"), "classrooms", ["state", "open"])
    op.create_index(
        op.f("ix_classrooms_state_recent_at_classroom_id"),
        "classrooms",
        ["state", "recent_at", "classroom_id"],
    )
    op.create_table(
        "invitations",
        sa.Column("invitation_id", sa.String(length=40), nullable=False),
        sa.Column("token_digest", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("made_by", ROW_ID),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["made_by"], ["accounts.account_id"], name=op.f("fk_invitations_made_by")
        ),
        sa.PrimaryKeyConstraint("invitation_id", name=op.f("pk_invitations")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_invitations_token_digest")),
    )
    op.create_index(op.f("ix_invitations_made_by"), "invitations", ["made_by"])
    op.create_table(
        "known_addresses",
        sa.Column("address_digest", sa.String(length=64), nullable=False),
        sa.Column("account_id", ROW_ID, nullable=False),
        sa.Column("last_seen_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.account_id"], name=op.f("fk_known_addresses_account_id")
        ),
        sa.PrimaryKeyConstraint("address_digest", name=op.f("pk_known_addresses")),
    )
    op.create_index(
        op.f("ix_known_addresses_account_id_last_seen_at"),
        "known_addresses",
        ["account_id", "last_seen_at"],
    )
    op.create_index(op.f("ix_known_addresses_last_seen_at"), "known_addresses", ["last_seen_at"])
    op.create_table(
        "sessions",
        sa.Column("session_id", sa.String(length=40), nullable=False),
        sa.Column("account_id", ROW_ID, nullable=False),
        sa.Column("token_digest", sa.String(length=64), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("last_used_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.account_id"], name=op.f("fk_sessions_account_id")
        ),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_sessions")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_sessions_token_digest")),
    )
    op.create_index(op.f("ix_sessions_account_id"), "sessions", ["account_id"])
    op.create_index(
        "ix_sessions_open",
        "sessions",
        ["account_id", "created_at", "session_id"],
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
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
    op.create_index(
        "ix_bindings_of_class",
        "bindings",
        ["classroom_id", "account_id", "url"],
        unique=True,
        sqlite_where=sa.text("classroom_id IS NOT NULL"),
        postgresql_where=sa.text("classroom_id IS NOT NULL"),
    )
    op.create_index(
        "ix_bindings_personal",
        "bindings",
        ["account_id", "url"],
        unique=True,
        sqlite_where=sa.text("classroom_id IS NULL"),
        postgresql_where=sa.text("classroom_id IS NULL"),
    )
    op.create_table(
        "host_heartbeats",
        sa.Column("classroom_id", ROW_ID, nullable=False),
        sa.Column("last_seen_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["classroom_id"],
            ["classrooms.classroom_id"],
            name=op.f("fk_host_heartbeats_classroom_id"),
        ),
        sa.PrimaryKeyConstraint("classroom_id", name=op.f("pk_host_heartbeats")),
    )
    op.create_index(op.f("ix_host_heartbeats_last_seen_at"), "host_heartbeats", ["last_seen_at"])
    op.create_table(
        "memberships",
        sa.Column("classroom_id", ROW_ID, nullable=False),
        sa.Column("account_id", ROW_ID, nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("on_stage", sa.Boolean(), nullable=False),
        sa.Column("kicked_at", INSTANT),
        sa.Column("added_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.account_id"], name=op.f("fk_memberships_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["classroom_id"], ["classrooms.classroom_id"], name=op.f("fk_memberships_classroom_id")
        ),
        sa.PrimaryKeyConstraint("classroom_id", "account_id", name=op.f("pk_memberships")),
    )
    op.create_index(op.f("ix_memberships_account_id"), "memberships", ["account_id"])
    op.create_table(
        "presences",
        sa.Column("presence_id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("classroom_id", ROW_ID, nullable=False),
        sa.Column("account_id", ROW_ID, nullable=False),
        sa.Column("session_id", sa.String(length=40), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("entered_at", INSTANT, nullable=False),
        sa.Column("last_seen_at", INSTANT, nullable=False),
        sa.Column("left_at", INSTANT),
        sa.Column("leave_reason", sa.String(length=20)),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.account_id"], name=op.f("fk_presences_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["classroom_id"], ["classrooms.classroom_id"], name=op.f("fk_presences_classroom_id")
        ),
        sa.PrimaryKeyConstraint("presence_id", name=op.f("pk_presences")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_presences_account_id"), "presences", ["account_id"])
    op.create_index(
        op.f("ix_presences_classroom_id_account_id"),
        "presences",
        ["classroom_id", "account_id"],
    )
    op.create_index(
        "ix_presences_here",
        "presences",
        ["classroom_id", "account_id"],
        unique=True,
        sqlite_where=sa.text("left_at IS NULL"),
        postgresql_where=sa.text("left_at IS NULL"),
    )
    op.create_index(
        "ix_presences_seen",
        "presences",
        ["last_seen_at"],
        sqlite_where=sa.text("left_at IS NULL"),
        postgresql_where=sa.text("left_at IS NULL"),
    )
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
        "replays",
        sa.Column("classroom_id", ROW_ID, nullable=False),
        sa.Column("requestable_at", INSTANT),
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
        "uploads",
        sa.Column("upload_id", sa.String(length=40), nullable=False),
        sa.Column("classroom_id", ROW_ID, nullable=False),
        sa.Column("account_id", ROW_ID, nullable=False),
        sa.Column("lease_id", sa.String(length=40), nullable=False),
        sa.Column("file_name", sa.String(length=255), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("content_type", sa.String(length=100), nullable=False),
        sa.Column("object_key", sa.String(length=300), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("completed_at", INSTANT),
        sa.Column("clean_up_after", INSTANT),
        sa.Column("cleaned_up_at", INSTANT),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.account_id"], name=op.f("fk_uploads_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["classroom_id"], ["classrooms.classroom_id"], name=op.f("fk_uploads_classroom_id")
        ),
        sa.PrimaryKeyConstraint("upload_id", name=op.f("pk_uploads")),
        sa.UniqueConstraint("object_key", name=op.f("uq_uploads_object_key")),
    )
    op.create_index(
        op.f("ix_uploads_classroom_id_state_completed_at"),
        "uploads",
        ["classroom_id", "state", "completed_at"],
    )
    op.create_index(
        op.f("ix_uploads_state_cleaned_up_at_clean_up_after"),
        "uploads",
        ["state", "cleaned_up_at", "clean_up_after"],
    )
    # By when a row is over: retention removes the oldest first.
    op.create_index(
        "ix_leases_over",
        "leases",
        [sa.text("coalesce(ended_at, renewable_until, expires_at, issued_at)")],
    )
    op.create_index("ix_sessions_over", "sessions", [sa.text("coalesce(ended_at, expires_at)")])
