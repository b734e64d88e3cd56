"""Fills the demo's shops once, sets one parcel of each on its way, and notes where to look."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from config.services import write_private


class Command(BaseCommand):
    help = "Fill an empty installation with the demo's shops; at each run, place a fresh order in each."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        from config.demo import seed, van
        from config.demo.shops import SHOPS
        from config.demo.welcome import order_to_try

        if not settings.CARRIER_SIMULATOR_URL:
            raise CommandError(
                "CARRIER_SIMULATOR_URL is not set: the demo's parcels would be asked of real carriers."
            )
        noted = Path(settings.DATA_DIR) / "welcome.json"
        now = timezone.now()
        if not seed.is_seeded():
            with transaction.atomic():  # all of it or nothing, also when it is stopped half-way
                welcome = seed.seed(now).as_json()
                write_private(noted, json.dumps({"welcome": welcome, "live": []}))
        if not noted.exists():
            raise CommandError(
                f"The demo's shops are there, but {noted} is gone. `make demo-reset` starts anew."
            )
        told = json.loads(noted.read_text())
        told["live"] = [asdict(page) for page in seed.go_live(now)]
        told["van"] = van.set_out(now)
        if site := settings.DEMO_MAILBOX_URL:
            seed.open_to(site)
        told["try"] = order_to_try(SHOPS[0].carriers[0], now=now)
        write_private(noted, json.dumps(told, indent=1))
