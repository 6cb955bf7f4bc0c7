"""The environment of Alembic; `classgate.migrations.upgrade` passes the connection."""

from alembic import context

from classgate.migrations.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
