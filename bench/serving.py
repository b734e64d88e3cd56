"""The web process as it is run, over a database of the benchmark's own; what each process used of the processor."""

from __future__ import annotations

import http.client
import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from config.database import url_as_admin
from tests.servers import Servers

ROOT = Path(__file__).resolve().parent.parent
TICK_S = 1 / os.sysconf("SC_CLK_TCK")


@dataclass
class Site:
    """One served installation. `port`: of its web process, on loopback only."""

    port: int
    web: int  # pid of the process that leads the workers
    admin_url: str

    def cpu_s(self) -> dict[str, float]:
        """Seconds of processor so far: of the web process, of PostgreSQL, of Redis."""
        used = {"web": 0.0, "postgres": 0.0, "redis": 0.0}
        for pid, parent, name, seconds in _processes():
            if self.web in (pid, parent):
                used["web"] += seconds
            elif name in ("postgres", "postmaster"):
                used["postgres"] += seconds
            elif name.startswith(("valkey", "redis-server")):
                used["redis"] += seconds
        return used

    def pages_read(self) -> int:
        """How often a page was read from the database since the start."""
        with psycopg.connect(self.admin_url) as link:
            row = link.execute(
                "SELECT coalesce(sum(calls), 0) FROM pg_stat_user_functions WHERE funcname = 'tracking_page'"
            ).fetchone()
        return int(row[0]) if row else 0


def _processes() -> Iterator[tuple[int, int, str, float]]:
    """Of this benchmark's own tree of processes: pid, parent, name, seconds used."""
    known: dict[int, tuple[int, str, float]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            head, _, tail = stat.read_text().rpartition(")")
        except OSError:
            continue
        fields = tail.split()
        known[int(head.split(" ", 1)[0])] = (
            int(fields[1]),
            head.split("(", 1)[1],
            (int(fields[11]) + int(fields[12])) * TICK_S,
        )
    for pid, (parent, name, seconds) in known.items():
        above = parent
        while above in known and above not in (0, 1, os.getpid()):
            above = known[above][0]
        if above == os.getpid():
            yield pid, parent, name, seconds


@contextmanager
def serving(*, static: bool = False) -> Iterator[Site]:
    """A private PostgreSQL and Valkey, Django set up for them here, and gunicorn as an operator runs it.

    `static`: with the style sheets and scripts, collected and compressed.
    """
    servers = Servers.start()
    web = None
    try:
        environment = servers.environment("bench")
        if static:
            environment["STATICFILES_STORAGE"] = "whitenoise.storage.CompressedManifestStaticFilesStorage"
            environment["STATIC_ROOT"] = str(servers.home / "static")
        os.environ.update(environment)
        import django

        django.setup()
        from django.core.management import call_command
        from django.db import connections

        servers.make_database("bench")
        if static:
            ignored = ["drf_spectacular_sidecar", "rest_framework", "django_htmx", "admin"]
            call_command("collectstatic", interactive=False, verbosity=0, ignore_patterns=ignored)
        admin_url = url_as_admin(servers.admin_url, servers.database("bench"))
        with psycopg.connect(admin_url, autocommit=True) as link:
            link.execute("ALTER SYSTEM SET track_functions = 'all'")
            link.execute("SELECT pg_reload_conf()")
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = int(free.getsockname()[1])
        web = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "--config", "python:config.gunicorn", "config.wsgi"],
            cwd=ROOT,
            env={**os.environ, "WEB_BIND": f"127.0.0.1:{port}", "WEB_WORKERS": "1", "LOG_LEVEL": "ERROR"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        _wait_for(port)
        yield Site(port, web.pid, admin_url)
        connections.close_all()
    finally:
        if web is not None:
            web.terminate()
            web.wait(30)
        servers.stop()


def _wait_for(port: int) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the web process did not come up")


def get(link: http.client.HTTPConnection, path: str, etag: str = "") -> tuple[int, str, int]:
    """Status, ETag and bytes of the answer. The connection stays open, as a proxy keeps it."""
    headers = {"Host": "127.0.0.1", "Accept-Encoding": "gzip"}
    if etag:
        headers["If-None-Match"] = etag
    link.request("GET", path, headers=headers)
    answer = link.getresponse()
    return answer.status, answer.headers.get("ETag", ""), len(answer.read())


def orders(count: int, *, state: str = "out_for_delivery") -> tuple[Any, list[Any]]:
    """A shop, and orders with one parcel of six scans each, recorded as they are in service."""
    from datetime import timedelta

    from django.utils import timezone

    from carriers.types import SubStatus
    from tenants.isolation import shop_context
    from tests.tracking import pages as rows

    now = timezone.now()
    shop = rows.shop(slug="bench")
    way = [
        (SubStatus.LABEL_CREATED, 50, "Prerregistrado"),
        (SubStatus.PICKED_UP, 44, "Recogido"),
        (SubStatus.ARRIVED_FACILITY, 30, "En plataforma"),
        (SubStatus.DEPARTED_FACILITY, 28, "Salida de plataforma"),
        (SubStatus.AT_DELIVERY_DEPOT, 6, "En delegación"),
        (SubStatus.ON_VEHICLE, 1, "En reparto"),
    ]
    made = []
    with shop_context(shop.pk):
        for number in range(count):
            each = rows.order(
                shop, number=str(number), state=state, state_since=now - timedelta(hours=1), eta_first=now.date(),
                eta_last=now.date(),
            )  # fmt: skip
            rows.parcel(each, way, now=now)
            made.append(each)
    random.Random(7).shuffle(made)
    return shop, made
