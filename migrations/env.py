"""Run migrations on the connection that ``webapp.migrate`` hands over."""

from __future__ import annotations

from alembic import context

from webapp.models import Base


def _run() -> None:
    connection = context.config.attributes["connection"]
    sqlite = connection.dialect.name == "sqlite"
    if sqlite:
        # A batch migration drops and re-creates its table: with foreign keys on, that would
        # delete the child rows. Checked as a whole at the end instead.
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        connection.commit()
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=sqlite,
        compare_type=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()
    if sqlite:
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        connection.commit()
        connection.exec_driver_sql("PRAGMA foreign_keys=ON")
        if broken:
            raise RuntimeError(f"the migration left rows without their parents: {broken[:5]}")


_run()
