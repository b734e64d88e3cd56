"""PostgreSQL and Redis are found where the environment says, or started here, and nothing else is touched."""

import json
import os
import signal
import stat
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path

import psycopg
import pytest
import redis

from config import services
from config.children import Child, command_of, wait_until
from config.database import database_of, prepare, urls_from
from config.embedded.places import Account, ServiceError, mark_of, remove_all_of
from config.embedded.postgres import Postgres, end_left_over
from config.embedded.valkey import ONCE, Valkey

LAUNCHER = """
import sys, time
from pathlib import Path
from config import services
home = Path(sys.argv[1])
with services.claimed(home):
    named, postgres = services.database(home, environ={}, secret="s", durable=False)
    url, valkey = services.broker(home, environ={})
    services.publish(home, {**named, "REDIS_URL": url, "SITE_URL": "http://127.0.0.1:8000"})
    print(postgres.child.pid, valkey.child.pid, flush=True)
    time.sleep(60)
"""


@pytest.fixture
def home():
    """Short, and reachable by the user PostgreSQL runs as when the tests are root's."""
    place = Path(tempfile.mkdtemp(prefix="rastro-services-"))
    place.chmod(0o711)
    yield place
    remove_all_of(place)


@pytest.fixture
def postgres(home):
    server = Postgres(home, home / "log" / "postgres.log", durable=False)
    server.start()
    yield server
    server.stop()


def asked(url, question):
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(question).fetchone()[0]


def do(url, statement):
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)


def launched(home):
    """A process that claims `home` and starts both servers; with their process ids."""
    argv = [sys.executable, "-c", textwrap.dedent(LAUNCHER), str(home)]
    process = subprocess.Popen(
        argv, stdout=subprocess.PIPE, text=True, cwd=Path(services.__file__).parent.parent
    )
    return process, [int(pid) for pid in process.stdout.readline().split()]


def gone(pid):
    """Ended; a process whose new parent has not collected it yet has no command line either."""
    return command_of(pid) is None


def test_an_embedded_postgresql_speaks_utf8_and_listens_to_nobody_else(postgres):
    assert asked(postgres.admin_url, "SHOW server_encoding") == "UTF8"
    assert asked(postgres.admin_url, "SELECT datcollate FROM pg_database WHERE datname = 'postgres'") == "C"
    assert asked(postgres.admin_url, "SHOW listen_addresses") == ""
    sockets = Path(asked(postgres.admin_url, "SHOW unix_socket_directories"))
    assert stat.S_IMODE(sockets.stat().st_mode) == 0o700


def test_what_was_committed_is_there_after_a_restart_and_at_the_same_address(postgres):
    do(postgres.admin_url, "CREATE TABLE kept AS SELECT 7 AS number")
    address = postgres.admin_url
    postgres.stop()

    postgres.start()

    assert postgres.admin_url == address
    assert asked(address, "SELECT number FROM kept") == 7


def test_a_durable_one_keeps_what_was_committed_when_it_is_killed(home):
    server = Postgres(home, home / "postgres.log")
    server.start()
    try:
        assert asked(server.admin_url, "SHOW fsync") == "on"
        assert asked(server.admin_url, "SHOW synchronous_commit") == "on"
        do(server.admin_url, "CREATE TABLE kept AS SELECT 7 AS number")
        os.kill(server.child.pid, signal.SIGKILL)
        server.child.process.wait()

        server.start()

        assert asked(server.admin_url, "SELECT number FROM kept") == 7
    finally:
        server.stop()


def test_a_stale_pid_file_that_names_somebody_elses_process_is_no_obstacle(postgres):
    pid_file = postgres.data / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    postgres.stop()
    bystander = subprocess.Popen(["/bin/sleep", "60"])
    try:
        pid_file.write_text("\n".join([str(bystander.pid), *lines[1:]]))

        postgres.start()

        assert asked(postgres.admin_url, "SELECT 1") == 1
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_a_server_that_outlived_its_launcher_is_ended_before_the_next_starts(postgres):
    other = Postgres(postgres.home, postgres.log, durable=False)
    first = postgres.child

    other.start()

    try:
        assert not first.alive
        assert asked(other.admin_url, "SELECT 1") == 1
    finally:
        other.stop()


def test_data_of_another_postgresql_is_refused_with_the_way_out(home):
    server = Postgres(home, home / "postgres.log", durable=False)
    server.start()
    server.stop()
    (server.data / "PG_VERSION").write_text("15\n")

    with pytest.raises(ServiceError, match=r"was made by PostgreSQL 15.*make demo-reset"):
        server.start()


def test_an_initdb_that_was_killed_leaves_nothing_that_looks_whole(home):
    server = Postgres(home, home / "postgres.log", durable=False)
    half = server.data.with_suffix(".new")
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")

    server.start()
    server.stop()

    assert not half.exists()
    assert (server.data / "PG_VERSION").read_text() == "18\n"


def test_without_a_postgresql_one_is_told_what_to_set(home, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setenv("PATH", str(home))

    with pytest.raises(ServiceError, match="Set DATABASE_URL, or install"):
        services.database(home, environ={}, secret="s")
    with pytest.raises(ServiceError, match="Set REDIS_URL, or install"):
        services.broker(home, environ={})


def test_valkey_answers_on_a_private_socket_and_keeps_nothing(home):
    url, valkey = services.broker(home, environ={})
    try:
        client = redis.Redis.from_url(url, retry=ONCE)
        client.set("a", 1)
        assert client.config_get("save", "appendonly") == {"save": "", "appendonly": "no"}
        assert client.config_get("port")["port"] == "0"
        assert stat.S_IMODE(valkey.socket.parent.stat().st_mode) == 0o700
        valkey.stop()

        valkey.start()

        assert redis.Redis.from_url(url, retry=ONCE).get("a") is None
    finally:
        valkey.stop()


def test_servers_end_when_their_launcher_is_killed_and_the_next_one_starts(home):
    if sys.platform != "linux":
        pytest.skip("only Linux ties a child's life to its parent's")
    first, pids = launched(home)
    first.kill()
    first.wait()
    assert wait_until(lambda: all(map(gone, pids)), timeout_s=10)

    second, pids = launched(home)

    assert not any(map(gone, pids))
    second.kill()
    second.wait()
    assert wait_until(lambda: all(map(gone, pids)), timeout_s=10)


def test_a_second_demo_is_refused_plainly_and_the_first_goes_on(home):
    first, pids = launched(home)
    try:
        assert wait_until((home / "services.json").exists, timeout_s=5)
        with (
            pytest.raises(ServiceError, match=r"already runs in this checkout at http://127\.0\.0\.1:8000"),
            services.claimed(home),
        ):
            pytest.fail("it was claimed twice")
        assert first.poll() is None
        assert not any(map(gone, pids))
    finally:
        first.kill()
        first.wait()
        assert wait_until(lambda: all(map(gone, pids)), timeout_s=10)


def test_commands_find_a_demo_that_runs_and_only_then(home, monkeypatch):
    for name in ("DATABASE_URL", "REDIS_URL"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("DATA_DIR", str(home))
    assert services.located(home) == {}

    with services.claimed(home):
        services.publish(home, {"DATABASE_URL": "postgresql:///x"})
        assert services.located(home) == {"DATABASE_URL": "postgresql:///x"}
        assert stat.S_IMODE((home / "services.json").stat().st_mode) == 0o600
        monkeypatch.setenv("DATABASE_URL", "postgresql://elsewhere/y")
        assert services.located(home) == {}, "the environment names another installation"

    monkeypatch.delenv("DATABASE_URL")
    assert services.located(home) == {}


def test_what_a_killed_demo_published_is_not_believed(home, monkeypatch):
    monkeypatch.delenv("DATABASE_URL")
    monkeypatch.setenv("DATA_DIR", str(home))
    (home / "lock").touch()
    (home / "services.json").write_text(json.dumps({"DATABASE_URL": "postgresql:///gone"}))

    assert services.located(home) == {}


def test_a_database_url_that_may_create_roles_stands_for_all_three(postgres, home):
    named, server = services.database(home, environ={"DATABASE_URL": postgres.admin_url}, secret="s")

    assert server is None
    assert database_of(named["DATABASE_URL"]) == "rastro", "the database `postgres` is nobody's to fill"
    assert named["DATABASE_ADMIN_URL"] == postgres.admin_url
    assert "user=rastro_app&" in named["DATABASE_URL"]
    assert "user=rastro_owner&" in named["DATABASE_OWNER_URL"]
    assert "user=rastro_dispatch&" in named["DATABASE_DISPATCH_URL"]
    passwords = {url.partition("password=")[2] for name, url in named.items() if name != "DATABASE_ADMIN_URL"}
    assert len(passwords) == 3
    assert named == services.database(home, environ={"DATABASE_URL": postgres.admin_url}, secret="s")[0]


def test_a_database_url_that_may_not_needs_the_other_two(postgres, home):
    prepare(postgres.admin_url, database="rastro", passwords={})
    urls = urls_from(postgres.admin_url, database="rastro", passwords={}).as_environment()

    with pytest.raises(ServiceError, match="DATABASE_OWNER_URL and DATABASE_DISPATCH_URL"):
        services.database(home, environ={"DATABASE_URL": urls["DATABASE_URL"]}, secret="s")
    assert services.database(home, environ=urls, secret="s") == (urls, None)


def test_an_address_may_stand_in_a_file(home):
    (home / "app").write_text("postgresql://a@h/db\n")
    given = {"DATABASE_URL_FILE": str(home / "app"), "DATABASE_OWNER_URL": "o", "DATABASE_DISPATCH_URL": "d"}

    named, _ = services.database(home, environ=given, secret="s")

    assert named["DATABASE_URL"] == "postgresql://a@h/db"


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (
            lambda home, url: services.database(home, environ={"DATABASE_URL": url}, secret="s"),
            "DATABASE_URL",
        ),
        (lambda home, url: services.broker(home, environ={"REDIS_URL": url}), "REDIS_URL"),
    ],
)
def test_an_address_that_does_not_answer_is_named(home, call, name):
    url = "postgresql://x@127.0.0.1:1/x" if name == "DATABASE_URL" else "redis://127.0.0.1:1/0"

    with pytest.raises(ServiceError, match=f"^{name} does not answer"):
        call(home, url)


def test_removing_a_home_removes_what_was_put_elsewhere_for_it(home):
    server = Postgres(home, home / "postgres.log", durable=False)
    server.start()
    server.stop()
    valkey = Valkey(home, home / "valkey.log")
    valkey.start()
    valkey.stop()
    sockets = list(Path(tempfile.gettempdir()).glob(f"rastro-{mark_of(home)}-*"))
    assert len(sockets) == 2

    end_left_over(server.data)
    remove_all_of(home, keep="lock")

    assert list(home.iterdir()) == []
    assert not any(path.exists() for path in sockets)


def test_a_child_that_will_not_end_is_killed_and_what_it_forked_with_it(tmp_path):
    script = "trap '' TERM; sh -c 'trap \"\" TERM; echo $$; sleep 60' & wait; sleep 60"
    child = Child("stubborn", ["sh", "-c", script], tmp_path / "stubborn.log").start()
    assert wait_until(lambda: child.last_words().strip().isdigit(), timeout_s=5)
    forked = int(child.last_words())
    began = time.monotonic()

    ended_by_itself = child.stop(timeout_s=0.3)

    assert not ended_by_itself
    assert time.monotonic() - began < 5
    assert wait_until(lambda: gone(forked), timeout_s=5)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root starts PostgreSQL as another user")
def test_root_can_keep_the_project_where_nobody_else_may_look(home, monkeypatch):
    closed = home / "closed"
    closed.mkdir(mode=0o700)
    place = closed / ".data"
    may_run = Account.may_run
    # As with a virtual environment below /root: only a copy elsewhere can be run.
    monkeypatch.setattr(Account, "may_run", lambda self, path: "rastro-" in str(path) and may_run(self, path))
    server = Postgres(place, home / "postgres.log", durable=False)

    server.start()

    try:
        assert asked(server.admin_url, "SELECT 1") == 1
        assert stat.S_IMODE(closed.stat().st_mode) == 0o700
        apart = Path("/var/lib") / f"rastro-{mark_of(place)}"
        assert server.data == apart / "postgres"
    finally:
        server.stop()
        remove_all_of(place)
    assert not apart.exists()
