"""Walks every URL there is as a rival's owner, and as a rival's API key: another shop's things do not exist."""

import re
import uuid
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from carriers.services import note_unknown
from notifications.models import Banner, Coupon, Message, Product
from tenants import keys
from tenants.isolation import shop_context
from tenants.middleware import forget_shops
from tenants.models import ApiKey, AuditEntry, Role
from tests import make
from tracking.models import ImportJob, Order

HOST = settings.SITE_URL.split("//")[1]
CANARY = "zzcanary"
# Answered to anybody, and about no shop.
OPEN = re.compile(r"^(accounts/|language/|robots\.txt|api/(docs|schema)|metrics|receipts/email/|$)")


def patterns(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for entry in resolver.url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from patterns(entry, route)
        else:
            yield route, entry


def filled(route: str, values: dict[str, str]) -> str | None:
    """The route with its parameters put in; None where we know no value for one."""
    missing = []

    def value(match: re.Match[str]) -> str:
        converter, _sep, name = match.group(1).rpartition(":")
        if name in values:
            return values[name]
        if converter in ("int", "uuid") or name.endswith(("_id", "pk", "id")):
            return values["uuid"] if converter == "uuid" else values["id"]
        missing.append(name)
        return ""

    path = re.sub(r"<([^>]+)>", value, route).replace("^", "").replace("$", "").replace("\\Z", "")
    return None if missing else "/" + path


@pytest.fixture
def two_shops():
    """Ours, whose owner looks around; theirs, with a row of everything a URL could name."""
    forget_shops()
    ours, theirs = make.shop(slug="ours"), make.shop(slug="theirs", name=f"{CANARY} shop")
    owner = make.member(ours, Role.OWNER)
    rival = make.member(theirs, Role.OWNER, user=make.user(email=f"{CANARY}@example.com"))
    with shop_context(theirs.pk):
        order = make.order(
            theirs,
            number=f"{CANARY}-1",
            customer_name=f"Ana {CANARY}",
            customer_email=f"{CANARY}@example.com",
        )
        shipment = make.shipment(order, number=f"{CANARY}0001", polled=make.account(theirs))
        message = Message.objects.create(
            shop=theirs, order=order, state="shipped", channel="email", recipient=f"{CANARY}@example.com", language="es",
            dedupe_key="x", text=CANARY,
        )  # fmt: skip
        sold = {"shop": theirs, "pk": order.pk}
        Coupon.objects.create(**sold, name=CANARY, code="shipped", worth=CANARY)
        Product.objects.create(**sold, sku=f"{CANARY}-SKU", title=CANARY, url=f"https://{CANARY}.example/")
        Banner.objects.create(**sold, name=CANARY, texts={"es": {"title": CANARY}})
        job = ImportJob.objects.create(shop=theirs, file_name=f"{CANARY}.csv")
        note_unknown(shop_id=theirs.pk, seen={("dhl", CANARY): (1, CANARY)}, now=make.NOW)
        key, _theirs = keys.issue(shop=theirs, name=CANARY, scopes=list(keys.SCOPES), by=None)
    with shop_context(ours.pk):
        _ours, our_secret = keys.issue(shop=ours, name="ours", scopes=list(keys.SCOPES), by=None)
    ids = {"order": order.pk, "shipment": shipment.pk, "message": message.pk, "job": job.pk, "key": key.pk}
    yield ours, theirs, owner, rival, ids, our_secret
    forget_shops()


def values(slug, ids):
    """Their rows' ids under every name a route may use; one number for all that is a number."""
    return {
        "slug": slug,
        "id": str(ids["order"]),
        "uuid": str(ids["message"]),
        "order": f"ord_{ids['order']}",
        "rest": "anything",
        "shipment": f"shp_{ids['shipment']}",
        "number": f"{CANARY}-1",
        "message_id": str(ids["message"]),
        "shipment_id": str(ids["shipment"]),
        "job_id": str(ids["job"]),
        "state": "shipped",
        "about": "exception.lost",
        "channel": "email",
        "language": "es",
        "code": "shipped",
        "carrier": "dhl",
        "deed": "state",
        "action": "state",
        "key": str(uuid.uuid4().hex),
        "form": "state",
        "act": "approve",
        "kind": "day",
        "sku": f"{CANARY}-SKU",
        "digest": "0" * 32,
    }


def everything(theirs):
    with shop_context(theirs.pk):
        audits = AuditEntry.objects.count()
        orders = list(
            Order.objects.values_list("pk", "version", "state", "customer_name", "token_turn", "cancelled_at")
        )
        live = ApiKey.objects.filter(revoked_at=None).count()
    return audits, orders, live


@pytest.mark.django_db
def test_an_owner_of_one_shop_finds_nothing_of_another_at_any_address(two_shops):
    ours, theirs, owner, _rival, ids, _secret = two_shops
    browser = Client(headers={"host": HOST})
    browser.force_login(owner.user)
    before = everything(theirs)
    walked = 0
    for route, _pattern in patterns(get_resolver()):
        if OPEN.match(route) or route.startswith(("api/", "hooks/", "receipts/", "console/join")):
            continue
        for slug in (theirs.slug, ours.slug):
            path = filled(route, values(slug, ids))
            assert path, f"say in `values` what {route} is to be walked with"
            for method in (browser.get, browser.post, browser.delete):
                response = method(path)
                body = b"".join(response) if response.streaming else response.content
                assert CANARY.encode() not in body, (method, path)
                if slug == theirs.slug and "<" in route:
                    assert response.status_code in (404, 405), (method, path, response.status_code)
                else:
                    assert response.status_code < 500, (method, path, response.status_code)
            walked += 1
    assert walked > 20
    assert everything(theirs) == before


@pytest.mark.django_db
def test_a_key_of_one_shop_finds_nothing_of_another_at_any_address(two_shops):
    _ours, theirs, _owner, _rival, ids, secret = two_shops
    program = Client(headers={"host": HOST, "authorization": f"Bearer {secret}"})
    before = everything(theirs)
    walked = 0
    for route, _pattern in patterns(get_resolver()):
        if not route.startswith("api/v1/"):
            continue
        path = filled(route, values("", ids))
        assert path, f"say in `values` what {route} is to be walked with"
        for method in ("get", "post", "patch", "put", "delete"):
            response = program.generic(method.upper(), path, b"{}", content_type="application/json")
            assert CANARY.encode() not in response.content, (method, path)
            assert response.status_code < 500, (method, path)
            if "<" in route and method in ("get", "delete"):
                assert response.status_code in (404, 405), (method, path, response.status_code)
        walked += 1
    assert walked >= 5
    assert everything(theirs) == before


@pytest.mark.django_db
def test_a_stranger_finds_nothing_but_the_doors(two_shops):
    _ours, theirs, _owner, _rival, ids, _secret = two_shops
    stranger = Client(headers={"host": HOST})
    for route, _pattern in patterns(get_resolver()):
        path = filled(route, values(theirs.slug, ids))
        if path is None or OPEN.match(route):
            continue
        response = stranger.get(path)
        assert response.status_code in (302, 400, 401, 403, 404, 405), (path, response.status_code)
        assert CANARY.encode() not in response.content, path


@pytest.mark.django_db
def test_a_members_lesser_role_opens_no_greater_page(two_shops):
    ours, *_rest = two_shops
    viewer = make.member(ours, Role.VIEWER)
    browser = Client(headers={"host": HOST})
    browser.force_login(viewer.user)
    with shop_context(ours.pk):
        order = make.order(ours)
    ids = {"order": order.pk, "shipment": 1, "message": uuid.uuid4(), "job": 1, "key": 1}
    for route, pattern in patterns(get_resolver()):
        role = getattr(pattern.callback, "least_role", None)
        if role is None or role == Role.VIEWER:
            continue
        path = filled(route, values(ours.slug, ids))
        assert browser.get(path).status_code in (404, 405), path  # 405: it only takes a form
        assert browser.post(path).status_code == 404, path


def test_every_console_page_has_a_door():
    """A view without `members` would run without a shop; it would also be open to anybody."""
    doorless = [
        route
        for route, pattern in patterns(get_resolver())
        if route.startswith("console/<slug:slug>") and not hasattr(pattern.callback, "least_role")
    ]
    assert doorless == []


def test_no_code_sets_a_shop_for_longer_than_its_transaction():
    from pathlib import Path

    wrong = []
    for package in ("config", "console", "notifications", "tracking", "carriers", "tenants"):
        for file in Path(package).rglob("*.py"):
            said = file.read_text()
            if re.search(r"set_config\([^)]*false\)", said) or re.search(r"\bSET\s+app\.", said):
                wrong.append(str(file))
    assert wrong == []
