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
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("identifier_folded", name=op.f("uq_accounts_identifier_folded")),
        sqlite_autoincrement=True,
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
        "audit_chains",
        sa.Column("chain", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("mac", sa.String(length=64), nullable=False),
        sa.Column("checkpointed_seq", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("chain", name=op.f("pk_audit_chains")),
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
        op.f("ix_leases_account_id_classroom_id"), "leases", ["account_id", "classroom_id"]
    )
    op.create_index(op.f("ix_leases_classroom_id"), "leases", ["classroom_id"])
    op.create_index(op.f("ix_leases_session_id"), "leases", ["session_id"])
    op.create_index(op.f("ix_leases_upload_id"), "leases", ["upload_id"])

    op.create_table(
        "classrooms",
        sa.Column("classroom_id", ROW_ID, autoincrement=True, nullable=False),
        sa.Column("title", sa.String(length=100), nullable=False),
        sa.Column("cover_url", sa.String(length=500)),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("host_id", ROW_ID, nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("starts_at", INSTANT),
        sa.Column("ends_at", INSTANT),
        sa.Column("started_at", INSTANT),
        sa.Column("ended_at", INSTANT),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["host_id"], ["accounts.account_id"], name=op.f("fk_classrooms_host_id")
        ),
        sa.PrimaryKeyConstraint("classroom_id", name=op.f("pk_classrooms")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_classrooms_host_id"), "classrooms", ["host_id"])

    op.create_table(
        "sessions",
        sa.Column("session_id", sa.String(length=40), nullable=False),
        sa.Column("account_id", ROW_ID, nullable=False),
        sa.Column("token_digest", sa.String(length=64), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("last_used_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.account_id"], name=op.f("fk_sessions_account_id")
        ),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_sessions")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_sessions_token_digest")),
    )
    op.create_index(op.f("ix_sessions_account_id"), "sessions", ["account_id"])

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
