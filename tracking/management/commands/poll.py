"""`manage.py poll NUMBER`: ask the carrier now, and print what it says."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from carriers.models import Account
from carriers.registry import CARRIERS
from carriers.types import Outcome
from tenants.isolation import shop_context
from tenants.models import Shop
from tracking.models import Poll, Shipment
from tracking.search import parcel_key
from tracking.services.asking import ask_now
from tracking.services.groups import Asked


class Command(BaseCommand):
    help = "Ask the carrier about a parcel now, record what it says, and print it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("number", help="the tracking number, with or without spaces")
        parser.add_argument("--shop", metavar="SLUG", default="", help="only this shop's parcel")

    def handle(self, *args: Any, **options: Any) -> None:
        key = parcel_key(options["number"])
        if not key:
            raise CommandError("Give a tracking number: letters and digits.")
        found = False
        for shop in self._shops(options["shop"]):
            with shop_context(shop.pk):
                parcels = list(Shipment.objects.for_shop(shop).filter(number_key=key).order_by("pk"))
            for parcel in parcels:
                found = True
                self._ask(shop, parcel)
        if not found:
            where = f"shop {options['shop']}" if options["shop"] else "any shop"
            raise CommandError(f"No parcel of {where} has the number {options['number']}.")

    def _shops(self, slug: str) -> list[Shop]:
        shops = list(Shop.objects.order_by("slug"))
        if slug and slug not in {shop.slug for shop in shops}:
            known = ", ".join(shop.slug for shop in shops) or "none yet"
            raise CommandError(f"There is no shop {slug!r}. Shops: {known}.")
        return [shop for shop in shops if slug in ("", shop.slug)]

    def _ask(self, shop: Shop, parcel: Shipment) -> None:
        self.stdout.write(f"{shop.slug} · {parcel.carrier} {parcel.number}")
        asked = ask_now(shop_id=shop.pk, shipment_ids=[parcel.pk], now=timezone.now())
        with shop_context(shop.pk):
            poll = Poll.objects.for_shop(shop).filter(shipment=parcel).first()
            account = Account.objects.for_shop(shop).filter(pk=parcel.account_id).first()
            parcel.refresh_from_db()
        if asked:
            self._tell(asked[0])
        elif poll is None:
            self.stdout.write(
                f"  Nobody to ask: {shop.slug} has no account that is switched on with {_name(parcel.carrier)}. "
                "Connect one in the console, under Carriers."
            )
        elif account and account.paused_until and not poll.lease:
            self.stdout.write(
                f"  Not asked: the account is paused until {account.paused_until:%Y-%m-%d %H:%M:%S} UTC. "
                f"The last answer was {account.last_error or 'none'}."
            )
        else:
            self.stdout.write("  It is being asked about at this moment: look again in half a minute.")
        self.stdout.write(f"  Now: {parcel.sub_status}")
        if poll and poll.next_at:
            self.stdout.write(f"  Next time: {poll.next_at:%Y-%m-%d %H:%M:%S} UTC")

    def _tell(self, asked: Asked) -> None:
        name = asked.group.carrier.name
        if asked.answer is None or asked.outcome is not Outcome.FOUND:
            words = asked.error.detail if asked.error else asked.answer.detail if asked.answer else ""
            self.stdout.write(f"  {name}: {asked.outcome}{f' ({words})' if words else ''}")
            return
        self.stdout.write(f"  {name} tells of {len(asked.answer.scans)} scans:")
        for scan in asked.answer.scans:
            place = f" · {scan.place}" if scan.place else ""
            self.stdout.write(f"    {scan.at:%Y-%m-%d %H:%M} {scan.code:<12} {scan.text}{place}")
        if eta := asked.answer.eta:
            self.stdout.write(f"  Expected: {eta.first_date} to {eta.last_date}")


def _name(carrier: str) -> str:
    return CARRIERS[carrier].name if carrier in CARRIERS else carrier
