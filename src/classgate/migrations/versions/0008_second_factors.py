"""Second factors, and when the password of a session was typed again"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.BigInteger()


def upgrade() -> None:
    op.create_table(
        "second_factors",
        sa.Column("account_id", ROW_ID, nullable=False),
        sa.Column("sealed_secret", sa.String(length=200)),
        sa.Column("last_step", sa.BigInteger()),
        sa.Column("sealed_candidate", sa.String(length=200)),
        sa.Column("candidate_at", INSTANT),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.account_id"], name=op.f("fk_second_factors_account_id")
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_second_factors")),
    )
    op.add_column("sessions", sa.Column("confirmed_at", INSTANT))
