"""What must be so before the service may serve."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

DANGEROUS = """
SELECT rolname, rolsuper, rolbypassrls,
       EXISTS (SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
               WHERE n.nspname = 'public' AND c.relkind = 'r' AND c.relowner = r.oid) AS owns,
       pg_has_role(current_user, 'rastro_maint', 'MEMBER') AS maint
FROM pg_roles r WHERE rolname = current_user
"""


def role_faults(connection: BaseDatabaseWrapper) -> list[str]:
    """Why the role a connection logs in as must not serve; empty when all is well."""
    with connection.cursor() as cursor:
        cursor.execute(DANGEROUS)
        name, superuser, bypasses, owns, maint = cursor.fetchone()
    faults = []
    if superuser:
        faults.append(f"{connection.alias}: {name} is a superuser")
    if bypasses or maint:
        faults.append(f"{connection.alias}: {name} may bypass row-level security")
    if owns:
        faults.append(f"{connection.alias}: {name} owns tables")
    return faults


def serving_role_faults() -> list[str]:
    return [fault for alias in ("default", "dispatch") for fault in role_faults(connections[alias])]


@register(Tags.database)
def serving_role(app_configs: Any, databases: Any, **kwargs: Any) -> list[CheckMessage]:
    """`manage.py check --database default` refuses roles that could see every shop."""
    if not databases or "default" not in databases:
        return []
    return [
        Error(
            f"The service must not run as this role: {fault}.",
            hint="Run `manage.py prepare_database`, and set DATABASE_URL to the role rastro_app.",
            id="tenants.E001",
        )
        for fault in serving_role_faults()
    ]
