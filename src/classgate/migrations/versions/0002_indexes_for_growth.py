"""Indexes for lists and sweeps whose cost does not grow with the school"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
needs_stop = True  # indexes of large tables are built, during which nobody writes to them


def upgrade() -> None:
    _index("ix_accounts_admins", "accounts", ["account_id"], where="role = 'admin'")
    _index("ix_accounts_listed", "accounts", ["identifier_folded"], where="deleted_at IS NULL")
    _index("ix_held_identifiers_held_until", "held_identifiers", ["held_until"])
    _index("ix_audit_rows_actor", "audit_rows", ["actor_id", "at"], where="actor_id IS NOT NULL")
    _index("ix_audit_rows_trimmed", "audit_rows", ["chain", "seq"], where="event = 'audit_trimmed'")
    _index("ix_presences_left", "presences", ["left_at"], where="left_at IS NOT NULL")
    _index("ix_bindings_account_id_binding_id", "bindings", ["account_id", "binding_id"])
    _index("ix_memberships_account_id_classroom_id", "memberships", ["account_id", "classroom_id"])
    _index(
        "ix_presences_account_id_classroom_id_presence_id",
        "presences",
        ["account_id", "classroom_id", "presence_id"],
    )
    _index("ix_presences_classroom_id_presence_id", "presences", ["classroom_id", "presence_id"])
    _index("ix_classrooms_host_id_classroom_id", "classrooms", ["host_id", "classroom_id"])
    _index(
        "ix_classrooms_host_id_recent_at_classroom_id",
        "classrooms",
        ["host_id", "recent_at", "classroom_id"],
    )
    _index("ix_classrooms_state_classroom_id", "classrooms", ["state", "classroom_id"])
    op.create_index(
        "ix_classrooms_time", "classrooms", [sa.text("coalesce(starts_at, created_at)")]
    )
    for name, columns in {
        "id": ["classroom_id"],
        "host": ["host_id", "classroom_id"],
        "host_recent": ["host_id", "recent_at", "classroom_id"],
        "recent": ["recent_at", "classroom_id"],
        "state": ["state", "classroom_id"],
        "state_recent": ["state", "recent_at", "classroom_id"],
    }.items():
        op.create_index(
            f"ix_classrooms_open_{name}",
            "classrooms",
            columns,
            sqlite_where=sa.text("open = 1"),
            postgresql_where=sa.text("open"),
        )
    # Most rows have none of these, and an entry of the index for each of them would cost as much.
    for name, table, columns in (
        ("ix_leases_classroom_id", "leases", ["classroom_id"]),
        ("ix_leases_upload_id", "leases", ["upload_id"]),
        ("ix_audit_rows_classroom_id_at", "audit_rows", ["classroom_id", "at"]),
    ):
        op.drop_index(name, table)
        _index(name, table, columns, where=f"{columns[0]} IS NOT NULL")
    # Each is the beginning of a new one, or is used no more.
    for name, table in {
        "ix_bindings_account_id": "bindings",
        "ix_memberships_account_id": "memberships",
        "ix_presences_account_id": "presences",
        "ix_presences_classroom_id_account_id": "presences",
        "ix_classrooms_host_id": "classrooms",
        "ix_classrooms_state_open": "classrooms",
    }.items():
        op.drop_index(name, table)


def _index(name: str, table: str, columns: list[str], *, where: str | None = None) -> None:
    condition = None if where is None else sa.text(where)
    op.create_index(name, table, columns, sqlite_where=condition, postgresql_where=condition)
