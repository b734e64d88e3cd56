"""The API keeps to its own description, whatever is thrown at it; and the description can be read and tried."""

from __future__ import annotations

import json
import os

import pytest
import schemathesis
from django.test import Client
from hypothesis import HealthCheck, settings
from schemathesis import checks
from schemathesis.specs.openapi import checks as openapi_checks

from config.wsgi import application
from notifications.models import Coupon
from tenants.isolation import shop_context
from tests import make
from tests.tracking.callers import Caller
from tracking.api import throttle
from tracking.api.problems import KINDS

EXAMPLES = int(os.environ.get("CONTRACT_EXAMPLES", "20"))  # of every operation
HELD = [
    checks.not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_schema_conformance,
]
api = schemathesis.openapi.from_wsgi("/api/schema/", application)


@pytest.fixture
def caller(committed_db, monkeypatch):
    """A key of a shop in which what the examples name is there."""
    monkeypatch.setattr(throttle, "RATE", throttle.RateLimitItemPerSecond(1_000_000, 1))
    shop = make.shop()
    made = Caller(shop)
    order = {
        "number": "1042",
        "placed_at": "2026-11-20T10:00:00Z",
        "lines": [{"sku": "TAZ-1", "quantity": 2}],
    }
    placed = made.post("/orders", {**order, "shipments": [{"carrier": "dhl", "number": "1"}]}).json()
    with shop_context(shop.pk):
        coupon = Coupon.objects.create(shop=shop, name="Back", code="HELLO-7KX4-9QM3")
    made.names = {"order": placed["id"], "shipment": placed["shipments"][0]["id"], "code": coupon.code}
    return made


@api.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
def test_every_address_keeps_to_the_description(case, caller):
    for name, known in caller.names.items():
        if name in case.path_parameters and case.method != "DELETE":
            case.path_parameters[name] = known
    key = {"Authorization": caller.client.defaults["HTTP_AUTHORIZATION"]}
    answer = case.call(headers=key)
    case.validate_response(answer, checks=HELD)
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == ["application/problem+json"]
        assert json.loads(answer.content)["detail"]


# --- The description, and the pages about it ---


def test_the_description_is_openapi_3_1_and_names_every_address():
    described = visitor().get("/api/schema/").json()
    assert described["openapi"].startswith("3.1")
    assert {path: sorted(methods) for path, methods in described["paths"].items()} == {
        "/api/v1/coupons/redemptions": ["post"],
        "/api/v1/coupons/{code}": ["get"],
        "/api/v1/marketing-choices": ["post"],
        "/api/v1/products": ["put"],
        "/api/v1/products/{sku}": ["delete"],
        "/api/v1/orders": ["get", "post"],
        "/api/v1/orders/batch": ["post"],
        "/api/v1/orders/{order}": ["get", "patch"],
        "/api/v1/orders/{order}/cancel": ["post"],
        "/api/v1/orders/{order}/milestones": ["post"],
        "/api/v1/orders/{order}/embed": ["post"],
        "/api/v1/orders/{order}/shipments": ["post"],
        "/api/v1/orders/{order}/state": ["post"],
        "/api/v1/pickup-places": ["put"],
        "/api/v1/positions": ["post"],
        "/api/v1/shipments": ["get"],
        "/api/v1/shipments/{shipment}": ["delete", "get"],
        "/api/v1/shipments/{shipment}/events": ["post"],
        "/api/v1/shipments/{shipment}/position": ["post"],
    }
    assert described["components"]["securitySchemes"]["key"]["scheme"] == "bearer"


def test_every_operation_says_its_scope_and_its_problems():
    for path, methods in visitor().get("/api/schema/").json()["paths"].items():
        for method, operation in methods.items():
            assert "Scope: `" in operation["description"], (method, path)
            assert {"401", "403", "429"} <= operation["responses"].keys()
            for code, answer in operation["responses"].items():
                kind = "application/problem+json" if int(code) >= 400 else "application/json"
                assert list(answer.get("content", {kind: 0})) == [kind], (method, path, code)
            names = [parameter["name"] for parameter in operation.get("parameters", ())]
            assert ("Idempotency-Key" in names) == (method == "post")


def test_the_examples_work(caller):
    """What the documentation shows can be copied."""
    tried = 0
    for path, methods in visitor().get("/api/schema/").json()["paths"].items():
        for method, operation in methods.items():
            content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            for example in content.get("examples", {}).values():
                address = path.removeprefix("/api/v1").format(**caller.names)
                answer = getattr(caller, method)(address, example["value"])
                assert answer.status_code in (200, 201), (path, answer.content)
                tried += 1
    assert tried >= 6


@pytest.mark.django_db
def test_each_kind_of_problem_has_its_place_on_the_page():
    page = visitor().get("/api/docs/problems/").content.decode()
    for kind in KINDS.values():
        assert f'id="{kind.code}"' in page
        assert str(kind.title) in page


@pytest.mark.browser
def test_the_page_of_the_api_can_be_tried_under_the_sites_own_policy(site, browser_page):
    """`browser_page` fails on anything its content security policy stops, and on any other host asked."""
    browser_page.set_viewport_size({"width": 1280, "height": 900})
    browser_page.goto(f"{site}/api/docs/")
    browser_page.get_by_text("Create or update an order").first.click()
    browser_page.get_by_text("An order is known by").first.wait_for()
    for page in ("/api/docs/", "/api/docs/problems/"):
        browser_page.goto(f"{site}{page}")
        for width in (390, 1280):
            browser_page.set_viewport_size({"width": width, "height": 844})
            assert browser_page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (page, width)


def visitor() -> Client:
    return Client(headers={"host": "testserver"})
