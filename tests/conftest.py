"""What every test may ask for: a database, a Redis, a served site, a browser."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from config import translations
from tests.browser import browser_page, chromium, executable  # noqa: F401  fixtures
from tests.servers import Emptier, Servers

BASE = Path(__file__).resolve().parent.parent
WITHOUT_CHROMIUM = "no Chromium on this machine (apt-get install chromium, or set CHROMIUM)"
_servers = pytest.StashKey[Servers]()
_worker = pytest.StashKey[str]()


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Before pytest-django loads the settings: start the servers, name them in the environment."""
    is_worker = hasattr(config, "workerinput")
    worker = config.workerinput["workerid"] if is_worker else "main"
    if is_worker:
        told = config.workerinput["servers"]
        servers = Servers(Path(told["home"]), told["admin_url"], told["redis_url"])
    else:
        translations.compile_files(translations.stale(BASE / "locale"))
        servers = Servers.start()
    config.stash[_servers], config.stash[_worker] = servers, worker
    environment = servers.environment(worker)
    for name in environment:
        os.environ.pop(f"{name}_FILE", None)  # it would count for more
    os.environ.update(environment)
    from django.conf import settings

    assert settings.DATABASES  # loads them: then pytest-django sets Django up
    # A real one takes half a second on purpose, for each of hundreds of users.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # Else every test's client lists all collected files anew, where there are any.
    settings.WHITENOISE_AUTOREFRESH = True


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Workers inherit the environment; with this in it they would load settings before their own is set."""
    del os.environ["DJANGO_SETTINGS_MODULE"]


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell an xdist worker where the servers are."""
    servers = node.config.stash[_servers]
    node.workerinput["servers"] = {
        "home": str(servers.home),
        "admin_url": servers.admin_url,
        "redis_url": servers.redis_url,
    }


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput") and _servers in config.stash:
        config.stash[_servers].stop()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        marker = item.get_closest_marker("django_db")
        if "transactional_db" in item.fixturenames or (marker and marker.kwargs.get("transaction")):  # type: ignore[attr-defined]
            raise pytest.UsageError(f"{item.nodeid}: for real commits ask for the fixture committed_db")
        if item.get_closest_marker("browser") and executable() is None:
            item.add_marker(pytest.mark.skip(reason=WITHOUT_CHROMIUM))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    skipped = terminalreporter.stats.get("skipped", [])
    left_out = [report for report in skipped if WITHOUT_CHROMIUM in str(report.longrepr)]
    if left_out:
        terminalreporter.write_line(
            f"Browser tests left out: {len(left_out)}, {WITHOUT_CHROMIUM}.", yellow=True
        )


@pytest.fixture(scope="session")
def servers(request: pytest.FixtureRequest) -> Servers:
    return request.config.stash[_servers]


@pytest.fixture(scope="session")
def worker(request: pytest.FixtureRequest) -> str:
    return request.config.stash[_worker]


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, django_db_blocker: Any, servers: Servers, worker: str
) -> None:
    """In place of Django's own: the serving role may create no database, and shall not."""
    with django_db_blocker.unblock():
        servers.make_database(worker)


@pytest.fixture(scope="session")
def emptier(django_db_setup: None, servers: Servers, worker: str) -> Emptier:
    return Emptier(servers, worker)


@pytest.fixture
def committed_db(django_db_blocker: Any, emptier: Emptier) -> Iterator[None]:
    """A database in which commits are real: for several connections, roles, threads or processes.

    `db` is enough, and quicker, for all else. Afterwards every table and Redis are emptied; a thread or
    process the test started must have ended.
    """
    from django.db import connections

    with django_db_blocker.unblock():
        yield
        for connection in connections.all(initialized_only=True):
            connection.close()
        emptier.empty_database()


@pytest.fixture(autouse=True)
def _forget(servers: Servers) -> Iterator[None]:
    """Counters, breakers and cached pages of one test are not the next one's; nor what a process keeps of shops.

    Nor the language of whoever this thread served last: Django's middleware leaves it switched on.
    """
    from django.utils import translation

    from tenants.middleware import forget_shops

    url = os.environ["REDIS_URL"]
    translation.activate("en")  # the msgids' own
    yield
    forget_shops()
    servers.empty_redis(url)


@pytest.fixture
def site(committed_db: None, settings: Any) -> Iterator[str]:
    """The address of a served installation, static files included; rows must be committed to be seen."""
    from django.contrib.staticfiles.handlers import StaticFilesHandler
    from django.test.testcases import LiveServerThread

    thread = LiveServerThread("127.0.0.1", StaticFilesHandler)
    thread.daemon = True
    thread.start()
    thread.is_ready.wait()
    if thread.error:
        raise thread.error
    settings.SITE_URL = f"http://127.0.0.1:{thread.port}"
    settings.CSRF_TRUSTED_ORIGINS = [settings.SITE_URL]
    yield settings.SITE_URL
    thread.terminate()
