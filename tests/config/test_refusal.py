"""No process works with a database role that could see every shop."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connections

from config.database import OWNER, url_as, url_as_admin


@pytest.fixture
def log_in_as(committed_db, servers, worker):
    """Point `default` at the same database under another role."""
    default = connections["default"]
    kept = dict(default.settings_dict)

    def log_in(role):
        url = url_as(url_as_admin(servers.admin_url, servers.database(worker)), user=role)
        default.close()
        default.settings_dict["OPTIONS"] = {**kept["OPTIONS"], "user": role}
        default.settings_dict["USER"] = role if "@" in url else ""
        return default

    yield log_in
    default.close()
    default.settings_dict.update(kept)


@pytest.mark.parametrize(
    ("role", "why"),
    [("postgres", "postgres is a superuser"), (OWNER, "rastro_owner may bypass row-level security")],
)
def test_a_role_that_could_see_every_shop_is_refused_each_time(log_in_as, role, why):
    connection = log_in_as(role)

    for _ in range(2):
        with pytest.raises(ImproperlyConfigured, match=why), connection.cursor() as cursor:
            cursor.execute("SELECT 1")


def test_the_serving_roles_are_let_through(log_in_as):
    for alias, role in (("default", "rastro_app"), ("dispatch", "rastro_dispatch")):
        connections[alias].close()
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT current_user")
            assert cursor.fetchone() == (role,)
