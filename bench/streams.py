"""What two hundred open streams cost the process that holds them while nothing happens, in cores."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import psutil
import requests

from bench import scratch

OPEN, A_PAGE, IDLE_S = 200, 8, 30.0


def main() -> None:
    with scratch.database():
        measure()


def watch(address: str, tokens: list[str], server: psutil.Process) -> None:
    """Open them, leave them alone, and say what that cost."""
    for _again in range(100):
        try:
            requests.get(f"{address}/livez", timeout=1)
            break
        except requests.RequestException:
            time.sleep(0.2)
    ears = [
        requests.get(f"{address}/live/{token}", stream=True, timeout=30)
        for token in tokens
        for _n in range(A_PAGE)
    ]
    family = [server, *server.children()]
    before = sum(sum(one.cpu_times()[:2]) for one in family)
    time.sleep(IDLE_S)
    used = sum(sum(one.cpu_times()[:2]) for one in family) - before
    memory = sum(one.memory_info().rss for one in family) / 2**20
    held = sum(ear.status_code == requests.codes.ok for ear in ears)
    print(f"{held} streams open: {used / IDLE_S:.3f} cores idle (goal: under 0.1), {memory:.0f} MB")
    for ear in ears:
        ear.close()


def measure() -> None:
    from django.utils import timezone

    from carriers.types import SubStatus
    from tenants.isolation import shop_context
    from tests import make
    from tests.tracking import pages
    from tracking.services.courier import PositionIn, take_position

    shop, now = pages.shop(), timezone.now()
    tokens = []
    with shop_context(shop.pk):
        for _n in range(OPEN // A_PAGE):
            order = pages.order(shop, city="Valencia", state="out_for_delivery")
            parcel = pages.parcel(order, [(SubStatus.ON_VEHICLE, 1, "")], now=now, carrier="own_driver")
            said = PositionIn(39.5, -0.39, now - timedelta(seconds=1))
            take_position(shop=shop, shipment_id=parcel.pk, position=said, now=now)
            tokens.append(make.token_of(order))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        str(Path(sys.executable).parent / "gunicorn"),
        "--config",
        "python:config.gunicorn_streams",
        "config.asgi",
    ]
    server = subprocess.Popen(
        command, env={**os.environ, "STREAM_BIND": f"127.0.0.1:{port}"}, stderr=subprocess.DEVNULL
    )
    try:
        watch(f"http://127.0.0.1:{port}", tokens, psutil.Process(server.pid))
    finally:
        server.terminate()
        server.wait(timeout=15)


if __name__ == "__main__":
    main()
