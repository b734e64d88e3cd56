"""A backup holds every shop's rows and can be restored; the ways that lose them are refused or found out."""

import subprocess

import psycopg
import pytest
from psycopg import sql

from config.database import MAINT, OWNER, database_of, prepare, url_as, url_as_admin
from config.embedded.postgres import find_binaries
from tests import make

TABLES = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"


@pytest.fixture
def tool():
    binaries = find_binaries()[0]
    if not (binaries / "pg_dump").exists():
        pytest.skip("no pg_dump beside this PostgreSQL")

    def run(name, *arguments):
        return subprocess.run([str(binaries / name), *arguments], capture_output=True, text=True)

    return run


@pytest.fixture
def backup_login(servers):
    """As docs/operating.md makes it."""
    with psycopg.connect(servers.admin_url, autocommit=True) as admin:
        admin.execute("CREATE ROLE rastro_backup LOGIN")
        admin.execute("GRANT rastro_maint TO rastro_backup WITH INHERIT FALSE, SET TRUE")
        yield
        admin.execute("DROP OWNED BY rastro_backup")
        admin.execute("DROP ROLE rastro_backup")


def counts(url):
    with psycopg.connect(url) as connection:
        count = sql.SQL("SELECT count(*) FROM {}")
        names = [name for (name,) in connection.execute(TABLES)]
        return {name: connection.execute(count.format(sql.Identifier(name))).fetchone()[0] for name in names}


def test_a_backup_brings_back_every_row_of_every_shop(
    servers, worker, committed_db, backup_login, tool, tmp_path
):
    make.shop()
    make.shop()
    source = url_as_admin(servers.admin_url, servers.database(worker))
    before = counts(source)
    assert before["tenants_brand"] == 2, "rows under row-level security"
    with psycopg.connect(source, autocommit=True) as admin:
        admin.execute(
            sql.SQL("GRANT CONNECT ON DATABASE {} TO rastro_backup").format(
                sql.Identifier(database_of(source))
            )
        )
    dump = tmp_path / "rastro.dump"

    dumped = tool(
        "pg_dump",
        "--format=custom",
        f"--role={MAINT}",
        f"--file={dump}",
        url_as(source, user="rastro_backup"),
    )
    assert dumped.returncode == 0, dumped.stderr

    restored = url_as_admin(servers.admin_url, servers.database(f"{worker}_restored"))
    prepare(servers.admin_url, database=database_of(restored), passwords={})
    try:
        again = tool(
            "pg_restore", "--exit-on-error", "--single-transaction", f"--dbname={restored}", str(dump)
        )
        assert again.returncode == 0, again.stderr
        assert counts(restored) == before
        app = url_as(restored, user="rastro_app")
        with psycopg.connect(app) as connection:
            assert connection.execute("SELECT count(*) FROM tenants_brand").fetchone() == (0,), (
                "still isolated"
            )
    finally:
        with psycopg.connect(servers.admin_url, autocommit=True) as admin:
            admin.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(database_of(restored))))


def test_the_owner_cannot_make_a_backup_that_looks_whole(servers, worker, committed_db, tool, tmp_path):
    make.shop()
    source = url_as_admin(servers.admin_url, servers.database(worker))
    owner = url_as(source, user=OWNER)

    refused = tool("pg_dump", f"--file={tmp_path / 'refused.sql'}", owner)
    empty = tool("pg_dump", "--enable-row-security", "--data-only", "--table=tenants_brand", owner)

    assert refused.returncode != 0
    assert "row-level security" in refused.stderr
    # Why docs/operating.md warns of that option, and has the rows counted.
    assert empty.returncode == 0
    assert "COPY" in empty.stdout
    assert "{" not in empty.stdout.split("COPY")[1].split("\\.")[0].partition("\n")[2]
