"""PostgreSQL finds a piece of a name through its trigrams. Where the extension cannot be had, it reads all names."""

from django.db import DatabaseError, migrations, transaction
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def add_index(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Make the index, if this database and its owner's rights allow."""
    if schema_editor.connection.vendor != "postgresql":
        return
    try:
        with transaction.atomic(schema_editor.connection.alias):
            schema_editor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
            schema_editor.execute(
                "CREATE INDEX IF NOT EXISTS model_name_trigrams ON registry_registeredmodel USING gin (name gin_trgm_ops)"
            )
    except DatabaseError:
        return


def remove_index(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Take the index away again."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX IF EXISTS model_name_trigrams")


class Migration(migrations.Migration):
    dependencies = [("registry", "0002_indexes_for_searches")]
    operations = [migrations.RunPython(add_index, remove_index)]
