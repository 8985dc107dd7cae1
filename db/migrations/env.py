"""Run by Alembic: migrates over the connection that ``db.migrate`` hands in, inside its transaction."""

from alembic import context

from db import triggers  # noqa: F401 - attaches the triggers to the metadata
from db.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
    compare_type=True,
    compare_server_default=True,
)
with context.begin_transaction():
    context.run_migrations()
