"""The shopper's page: seen before, not modified, at first sight; against a constant view and a plain page.

Floor: a view that answers one constant, through the same middlewares. Beside it, the page as it is written
without further thought: eight ORM queries and a template that does the wording.
Run: python -m bench.page [requests a round]
"""

from __future__ import annotations

import io
import os
import statistics
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

ROUNDS, REQUESTS = 12, 60
PHONE = "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36"
# The same things said, the words and times worked out where they are printed.
PLAIN = """{% load i18n %}<!doctype html><html><head><title>{{ order.number }}</title>
<style>:root{--brand:{{ brand.colour }};--page:{{ brand.background }}}</style></head><body>
<header>{{ shop.name }}{% for link in brand.links %}<a href="{{ link.url }}">{{ link.label }}</a>{% endfor %}</header>
<main><p>{% translate "Shipped" %} · {% translate "Your order" %} {{ order.number }}
{% for shipment in shipments %}{{ shipment.carrier }}{% endfor %}</p>
<h1>{% translate "Arrives today" %}</h1>
<p>{% translate "The parcel is moving through the carrier's network." %}
{% translate "Its next stop is a centre closer to you." %}</p>
<p>{% translate "Last scan:" %} {{ order.last_event_at|date:"j F, H:i" }}
{% translate "The next one usually follows within a day." %}</p>
<ol>{% for state in states %}<li>{{ state.labels.en }}{% for move in moves %}{% if move.after in state.canonicals %}
<time datetime="{{ move.occurred_at|date:'c' }}">{{ move.occurred_at|date:"j M" }}</time>{% endif %}{% endfor %}</li>{% endfor %}
</ol><p><a href="mailto:{{ shop.contact_email }}">{% translate "Write to us" %}</a></p>
{% for shipment in shipments %}<section><h2>{{ shipment.carrier }} {{ shipment.status }}</h2>
<ol>{% for event in shipment.events.all|slice:":5" %}{% include timeline %}{% endfor %}</ol>
<details><summary>{% translate "All updates" %}</summary>
<ol>{% for event in shipment.events.all %}{% include timeline %}{% endfor %}</ol></details></section>{% endfor %}
<h2>{% translate "Your order" %}</h2>
<ul>{% for line in lines %}<li>{{ line.title }} {{ line.variant }} {{ line.unit_price|floatformat:2 }}</li>{% endfor %}</ul>
<p>{% translate "Delivery to" %} {{ order.city }}</p><p>{% translate "Total" %} {{ order.total|floatformat:2 }}</p>
<p>{% translate "Ordered on" %} {{ order.placed_at|date:"l j F" }}</p>
<h2>{% translate "See all the details" %}</h2><form method="post"><label>{% translate "E-mail or phone of the order" %}
<input name="contact"></label><button>{% translate "Show" %}</button></form>
</main><footer>{% translate "Questions?" %} {{ shop.contact_email }} {% translate "Privacy" %}</footer></body></html>"""
TIMELINE = """{% load i18n %}{% ifchanged event.occurred_at.date %}<h3>{{ event.occurred_at|date:"l j F" }}</h3>{% endifchanged %}
<li><b>{% translate "In transit" %}</b><time datetime="{{ event.occurred_at|date:'c' }}">{{ event.occurred_at|date:"H:i" }}</time>
{% if event.place %}<small>{{ event.place }}</small>{% endif %}<q>{{ event.text }}</q></li>"""


class Way(NamedTuple):
    name: str
    ask: Callable[[], int]
    goal: str


def main(requests: int = REQUESTS) -> None:
    from tests.servers import Servers

    servers = Servers.start()
    try:
        os.environ.update(servers.environment("bench"))
        import django

        django.setup()
        servers.make_database("bench")
        ways = prepare()
        show(ways, measure(ways, requests))
        from tracking import visits

        visits.flush()
        from django.db import connections

        connections.close_all()
    finally:
        servers.stop()


def prepare() -> list[Way]:
    from django.conf import settings
    from django.core.wsgi import get_wsgi_application

    from tracking import kept

    path, slug = seed()
    add_views()
    application = get_wsgi_application()

    def ask(where: str, **headers: str) -> tuple[int, dict[str, str]]:
        environ = {
            "REQUEST_METHOD": "GET", "PATH_INFO": where, "SERVER_NAME": "bench", "SERVER_PORT": "80",
            "HTTP_HOST": settings.SITE_HOSTS[0], "REMOTE_ADDR": "127.0.0.1", "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_ACCEPT_ENCODING": "gzip", "HTTP_USER_AGENT": PHONE, "HTTP_ACCEPT_LANGUAGE": "es-ES,es;q=0.9",
            "HTTP_SEC_FETCH_DEST": "document", "HTTP_SEC_FETCH_SITE": "none", "wsgi.input": io.BytesIO(),
            "wsgi.errors": sys.stderr, "wsgi.url_scheme": "http", "wsgi.multithread": True, "wsgi.version": (1, 0), **headers,
        }  # fmt: skip
        told: dict[str, Any] = {}
        response = application(environ, lambda status, head: told.update(status=status, head=dict(head)))
        for _piece in response:
            pass
        response.close()
        return int(told["status"][:3]), told["head"]

    def first_sight() -> int:
        link = kept.shared.client()
        assert link is not None
        link.flushdb()
        return ask(path)[0]

    etag = ask(path)[1]["ETag"]
    return [
        Way("a constant, the same middlewares", lambda: ask(f"/s/{slug}/constant")[0], "floor"),
        Way("not modified", lambda: ask(path, HTTP_IF_NONE_MATCH=etag)[0], ">= 0.45"),
        Way("seen before, the view counted", lambda: ask(path)[0], ">= 0.40"),
        Way("first sight", first_sight, ">= 0.08, 3 x plain"),
        Way("plain: eight ORM queries, a template", lambda: ask(f"/s/{slug}/plain")[0], "-"),
    ]


def seed() -> tuple[str, str]:
    """An order of two lines and one parcel with eight scans, on its way."""
    from django.utils import timezone

    from carriers.types import SubStatus
    from tenants.isolation import shop_context
    from tests import make
    from tracking.models import OrderLine, Shipment, ShopState, TrackingEvent, Transition
    from tracking.presets import SIMPLE4

    now = timezone.now()
    shop = make.shop(slug="bench", language="en", languages=["en", "es"], contact_email="hello@shop.example")
    with shop_context(shop.pk):
        for place, spec in enumerate(SIMPLE4.states):
            ShopState.objects.create(
                shop=shop, code=spec.code, labels={"en": spec.label}, canonicals=list(spec.canonicals),
                kind=spec.kind, position=place, step=spec.step, visible=spec.visible,
            )  # fmt: skip
        order = make.order(
            shop, lines=2, state="shipped", total=93, eta_first=now.date(), eta_last=now.date()
        )
        OrderLine.objects.for_shop(shop).update(unit_price=46.5)
        parcel = make.shipment(order)
        for number, after in enumerate(("received", "preparing", "shipped")):
            Transition.objects.create(
                shop=shop, order=order, kind="order", after=after, episode=number,
                occurred_at=now - timedelta(hours=80 - 20 * number),
            )  # fmt: skip
        for number in range(8):
            at = now - timedelta(hours=40 - 5 * number)
            TrackingEvent.objects.create(
                shop=shop, shipment=parcel, key=f"k{number}", detail="d", occurred_at=at, received_at=at,
                sub_status=SubStatus.IN_TRANSIT, text="En tránsito a la plataforma", place="Zaragoza",
            )  # fmt: skip
        Shipment.objects.for_shop(shop).update(
            status="in_transit", sub_status="in_transit.in_transit", moved_at=now, last_event_at=now
        )
        return f"/t/{make.token_of(order)}/", shop.slug


def add_views() -> None:
    """The floor, and the plain page, where the shop's own pages are."""
    from django.db.models import Prefetch
    from django.http import HttpRequest, HttpResponse
    from django.template import Context, Template
    from django.urls import path

    from tenants.isolation import shop_context
    from tenants.models import Brand
    from tracking import shop_urls
    from tracking.models import Milestone, Order, OrderLine, Shipment, ShopState, TrackingEvent, Transition

    template, timeline = Template(PLAIN), Template(TIMELINE)

    def constant(request: HttpRequest) -> HttpResponse:
        return HttpResponse("constant")

    def plain(request: Any) -> HttpResponse:
        shop = request.shop
        with shop_context(shop.pk):
            order = Order.objects.for_shop(shop).get()
            mine = {"shop": shop, "order": order}
            events = Prefetch("events", TrackingEvent.objects.for_shop(shop).order_by("-occurred_at"))
            told = {
                **mine,
                "timeline": timeline,
                "brand": Brand.objects.for_shop(shop).get(),
                "states": list(ShopState.objects.for_shop(shop)),
                "moves": list(Transition.objects.filter(**mine, kind="order")),
                "milestones": list(Milestone.objects.filter(**mine)),
                "lines": list(OrderLine.objects.filter(**mine)),
                "shipments": list(Shipment.objects.filter(**mine).prefetch_related(events)),
            }
            return HttpResponse(template.render(Context(told)))

    shop_urls.urlpatterns += [path("constant", constant), path("plain", plain)]


def measure(ways: list[Way], requests: int) -> dict[str, float]:
    """CPU seconds a request, ours and PostgreSQL's: the better half of rounds in which the ways take turns. (Time
    on the clock says little where a machine is shared.)"""
    for way in ways:
        assert way.ask() in (200, 304), way.name
    backend = Path(f"/proc/{backend_pid()}/stat")
    taken: dict[str, list[float]] = {way.name: [] for way in ways}
    for _round in range(ROUNDS):
        for way in ways:
            ours, theirs = time.process_time(), cpu_s(backend)
            for _request in range(requests):
                way.ask()
            used = time.process_time() - ours + cpu_s(backend) - theirs
            taken[way.name].append(used / requests)
    return {name: statistics.mean(sorted(each)[: ROUNDS // 2 + 1]) for name, each in taken.items()}


def backend_pid() -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def cpu_s(stat: Path) -> float:
    """What a process used so far, to a hundredth of a second."""
    used = stat.read_text().rsplit(")", 1)[1].split()[11:13]
    return sum(map(int, used)) / os.sysconf("SC_CLK_TCK")


def show(ways: list[Way], taken: dict[str, float]) -> None:
    floor, plain = taken[ways[0].name], taken[ways[-1].name]
    print(f"{'the page of one order':<40}{'CPU µs':>8}{'of the floor':>14}{'× plain':>9}   goal")
    for way in ways:
        used = taken[way.name]
        print(f"{way.name:<40}{used * 1e6:>8.0f}{floor / used:>14.2f}{plain / used:>9.1f}   {way.goal}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
