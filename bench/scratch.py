"""A database of the benchmark's own: started, migrated, and thrown away afterwards."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from tests.servers import Servers


@contextmanager
def database() -> Iterator[str]:
    """A private PostgreSQL with the tables and a private Valkey, with Django set up for them.

    Gives the address of a login that may do anything there.
    """
    servers = Servers.start()
    try:
        os.environ.update(servers.environment("bench"))
        import django

        django.setup()
        from django.db import connections

        from config.database import url_as_admin

        servers.make_database("bench")
        yield url_as_admin(servers.admin_url, servers.database("bench"))
        connections.close_all()
    finally:
        servers.stop()
