"""Row-level security: which shop this transaction is about.

Every shop's table carries `shop_id`. PostgreSQL itself refuses rows of any shop but the one named by the
transaction-local setting `app.shop_id`; without it there are no rows and no writes. `for_shop` filters in
the code stay as the second layer. docs/decisions/0001-row-level-security.md says why.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import connection, migrations, models, transaction
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import ProjectState

SETTING = "app.shop_id"
# After a committed SET LOCAL the setting reads '', not NULL; in a sub-select it is evaluated once a query.
CURRENT = f"(SELECT NULLIF(current_setting('{SETTING}', true), '')::bigint)"

# Until the first ANALYZE the planner takes each row's shop for another one, and any index that begins with the
# shop for as good as a unique one. Checks of foreign keys planned then, and kept by the session, would read
# all of a shop's rows.
FEW_SHOPS = """SELECT pg_restore_attribute_stats('schemaname', 'public', 'relname', %s::text, 'attname', 'shop_id',
    'inherited', false, 'null_frac', 0::real, 'avg_width', 8, 'n_distinct', 1::real)"""
HAS_RESTORED_STATS = 180000  # the version of PostgreSQL

_current: ContextVar[int | None] = ContextVar("shop", default=None)


class ShopConflictError(RuntimeError):
    """Code bound to one shop tried to become another: always a bug."""


def current_shop_id() -> int | None:
    return _current.get()


@contextmanager
def shop_context(shop_id: int) -> Iterator[None]:
    """Open a transaction in which only `shop_id`'s rows exist.

    Re-entrant for the same shop (a savepoint); raises ShopConflictError for another. An exception rolls
    back, and leaves no shop behind.
    """
    current = _current.get()
    if current is not None and current != shop_id:
        raise ShopConflictError(f"already bound to shop {current}, asked for {shop_id}")
    if current == shop_id:
        with transaction.atomic():
            yield
        return
    reset = _current.set(shop_id)
    try:
        with transaction.atomic():
            _bind(str(int(shop_id)))
            yield
            # An outer transaction (a test's) must not keep the shop. After an error the rollback does it.
            _bind("")
    finally:
        _current.reset(reset)


def _bind(value: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, true)", [SETTING, value])


class ShopForeignKey(models.ForeignKey):  # type: ignore[type-arg]
    """A key to another of the same shop's rows.

    A plain foreign key is checked outside row-level security and would accept, and reveal, another
    shop's row. So Django makes no constraint, and `Isolate` makes one over (shop_id, id).
    """

    def __init__(self, to: Any, on_delete: Any, **kwargs: Any) -> None:
        kwargs["db_constraint"] = False
        super().__init__(to, on_delete, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        kwargs.pop("db_constraint", None)
        return name, path, args, kwargs


class Isolate(migrations.operations.base.Operation):
    """Put row-level security and composite foreign keys on a shop's table.

    Belongs in the migration that creates the table: a key added later under FORCE would be marked valid
    over rows that break it.
    """

    reversible = True
    reduces_to_sql = True

    def __init__(self, model: str) -> None:
        self.model = model

    def deconstruct(self) -> Any:
        return self.__class__.__qualname__, [self.model], {}

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """The tables' columns stay as they are."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        model = to_state.apps.get_model(app_label, self.model)
        table = model._meta.db_table
        schema_editor.execute(
            f'ALTER TABLE "{table}" ADD CONSTRAINT "{table}_shop_id_uq" UNIQUE (shop_id, id)'
        )
        if schema_editor.connection.pg_version >= HAS_RESTORED_STATS:  # type: ignore[attr-defined]
            schema_editor.execute(FEW_SHOPS, [table])
        for field in model._meta.local_fields:
            if isinstance(field, ShopForeignKey):
                parent = field.remote_field.model._meta.db_table
                schema_editor.execute(
                    f'ALTER TABLE "{table}" ADD CONSTRAINT "{table}_{field.column}_shop_fk" '
                    f'FOREIGN KEY (shop_id, "{field.column}") REFERENCES "{parent}" (shop_id, id) '
                    "DEFERRABLE INITIALLY IMMEDIATE"
                )
        schema_editor.execute(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY')
        schema_editor.execute(f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY')
        schema_editor.execute(
            f'CREATE POLICY shop_isolation ON "{table}" USING (shop_id = {CURRENT}) WITH CHECK (shop_id = {CURRENT})'
        )

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        table = from_state.apps.get_model(app_label, self.model)._meta.db_table
        schema_editor.execute(f'DROP POLICY shop_isolation ON "{table}"')
        schema_editor.execute(f'ALTER TABLE "{table}" DISABLE ROW LEVEL SECURITY')

    def describe(self) -> str:
        return f"Isolate {self.model} by shop"


class Queue(migrations.RunSQL):
    """Let the dispatch role see every shop's rows of one queue: the named columns, and no others."""

    def __init__(self, table: str, *, reads: tuple[str, ...], writes: tuple[str, ...]) -> None:
        self.args = (table, reads, writes)
        super().__init__(
            sql=[
                f'CREATE POLICY dispatch ON "{table}" TO rastro_dispatch USING (true) WITH CHECK (true)',
                f'GRANT SELECT ({", ".join(reads)}), UPDATE ({", ".join(writes)}) ON "{table}" TO rastro_dispatch',
            ],
            reverse_sql=[
                f'DROP POLICY dispatch ON "{table}"',
                f'REVOKE ALL ON "{table}" FROM rastro_dispatch',
            ],
        )

    def deconstruct(self) -> Any:
        table, reads, writes = self.args
        return self.__class__.__qualname__, [table], {"reads": reads, "writes": writes}


class AppendOnly(migrations.RunSQL):
    """Take UPDATE and DELETE on a table from the serving role."""

    def __init__(self, table: str) -> None:
        self.table = table
        super().__init__(
            sql=f'REVOKE UPDATE, DELETE ON "{table}" FROM rastro_app',
            reverse_sql=f'GRANT UPDATE, DELETE ON "{table}" TO rastro_app',
        )

    def deconstruct(self) -> Any:
        return self.__class__.__qualname__, [self.table], {}


@contextmanager
def every_shop(schema_editor: BaseDatabaseSchemaEditor) -> Iterator[None]:
    """For data migrations: under FORCE the owner itself sees no rows, and an UPDATE would touch none."""
    schema_editor.execute("SET LOCAL ROLE rastro_maint")
    try:
        yield
    finally:
        schema_editor.execute("RESET ROLE")
