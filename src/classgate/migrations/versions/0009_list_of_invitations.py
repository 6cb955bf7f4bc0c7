"""The list of the invitations that can be used"""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_index("ix_invitations_listed", "invitations", ["expires_at", "invitation_id"])
