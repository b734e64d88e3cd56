"""Refuses to work with a database role that could see every shop, in whatever process it is used."""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.dispatch import receiver

from tenants.checks import role_faults

SERVING = ("default", "dispatch")
_harmless: set[tuple[str, str]] = set()  # aliases and addresses this process has asked about


@receiver(connection_created)
def refuse_dangerous_role(connection: BaseDatabaseWrapper, **kwargs: object) -> None:
    """Ask once a process. Not at start-up only: the database may be away then, and change behind its address."""
    asked = (connection.alias, repr(connection.get_connection_params()))
    if connection.alias not in SERVING or asked in _harmless:
        return
    try:
        faults = role_faults(connection)
        if faults:
            raise ImproperlyConfigured(
                f"Shops would not be kept apart: {'; '.join(faults)}. Run `manage.py prepare_database`, and let "
                "DATABASE_URL log in as rastro_app and DATABASE_DISPATCH_URL as rastro_dispatch."
            )
    except BaseException:
        connection.close()  # it counts as open by now, and the next query would use it
        raise
    _harmless.add(asked)
