"""Fills an installation: `python -m tests.chaos.orders SHOPS PARCELS` prints a JSON line for each parcel."""

from __future__ import annotations

import json
import sys

import django

SECRETS = {
    "dhl": {"api_key": "key-{shop}"},
    "ups": {"client_id": "shop-{shop}", "client_secret": "secret"},
    "correos_es": {"username": "shop", "password": "demo"},
    "gls_es": {"uid": "6bae1c5c-0000-4000-8000-00000000000{shop}"},
    "laposte": {"api_key": "key-{shop}"},
    "17track": {"api_key": "key-{shop}"},
}


def main(shops: int, parcels: int) -> None:
    django.setup()
    from django.conf import settings
    from django.utils import timezone

    from carriers.services import connect
    from carriers.simulator.numbers import number_for
    from carriers.simulator.remote import Simulator
    from notifications.models import MessageSetup
    from notifications.services.rules import set_rule
    from tenants.isolation import shop_context
    from tenants.services import SYSTEM
    from tracking.services.intake import LineIn, OrderIn, ShipmentIn, upsert_orders
    from tracking.services.shops import open_shop

    simulator = Simulator(settings.CARRIER_SIMULATOR_URL)
    for n in range(1, shops + 1):
        now = timezone.now()
        shop = open_shop(
            slug=f"tienda-{n}", name=f"Tienda {n}", country="ES", language="es", languages=["es"],
            currency="EUR", time_zone="Europe/Madrid", preset="simple4", owner=None, by=SYSTEM, now=now,
        )  # fmt: skip
        with shop_context(shop.pk):
            MessageSetup.objects.create(shop=shop, quiet_from=0, quiet_to=0)  # whatever the hour
            for state in ("shipped", "delivered"):
                set_rule(shop=shop, state=state, channel="sms", enabled=True, by=SYSTEM, now=now)
        orders = []
        for carrier, shape in SECRETS.items():
            secrets = {name: value.format(shop=n) for name, value in shape.items()}
            with shop_context(shop.pk):
                connect(shop=shop, carrier=carrier, secrets=secrets, by=SYSTEM, now=now)
            for m in range(parcels):
                number = number_for(carrier, f"chaos-{n}-{m}")
                simulator.add(carrier, number, "straight")
                phone = f"+3460{n:02d}{len(orders):05d}"
                email = f"{carrier.replace('_', '-')}-{m}@{shop.slug}.example"
                orders.append(
                    OrderIn(
                        number=f"{carrier}-{m}",
                        placed_at=now,
                        customer_name="Marta Ruiz",
                        customer_email=email,
                        customer_phone=phone,
                        language="es",
                        country="ES",
                        city="Madrid",
                        postal_code="28038",
                        lines=(LineIn("Taza"),),
                        shipments=(ShipmentIn(carrier, number),),
                    )
                )
                told = {
                    "shop": shop.pk,
                    "carrier": carrier,
                    "number": number,
                    "email": email,
                    "phone": phone,
                    "secrets": secrets,
                }
                sys.stdout.write(json.dumps(told) + "\n")
        taken = upsert_orders(shop=shop, orders=orders, by=SYSTEM, now=now)
        assert all(one.outcome == "created" for one in taken), taken


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
