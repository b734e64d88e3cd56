"""What leaves for an aggregator: the number, whose it is where that is known, and no more; and whose pushes count."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import unicodedata
from datetime import date
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from carriers import services
from carriers.adapters import aftership, easypost, karrio, seventeentrack, ship24, shippo, trackingmore
from carriers.registry import CARRIERS
from carriers.simulator.testing import running
from carriers.types import Carrier, InvalidNumberError, Outcome, Query, Request, Trust

AGGREGATORS = [carrier for carrier in CARRIERS.values() if carrier.is_aggregator]
FULL = Query(
    "PQ4", postal_code="46014", country="ES", language="es-MX", carrier="ups", shipped_date=date(2026, 5, 4)
)
BARE = Query("PQ4")


def told(request: Request) -> Any:
    assert request.method == "POST"
    assert request.headers["Content-Type"] == "application/json"
    return json.loads(request.body or b"")


def test_there_are_seven() -> None:
    assert {carrier.code for carrier in AGGREGATORS} == {
        "17track", "aftership", "easypost", "karrio", "ship24", "shippo", "trackingmore",
    }  # fmt: skip


@pytest.mark.parametrize("carrier", AGGREGATORS, ids=lambda carrier: carrier.code)
def test_each_names_the_worlds_carriers_and_no_other_aggregator(carrier: Carrier) -> None:
    names = carrier.aggregates or {}
    assert {"ups", "usps", "fedex"} <= set(names)
    assert not {other.code for other in AGGREGATORS} & set(names)
    assert len(set(names.values())) == len(names)


@pytest.mark.parametrize(
    ("module", "full", "bare"),
    [
        (
            seventeentrack,
            [{"number": "PQ4", "param": "46014", "lang": "es", "carrier": 100002}],
            [{"number": "PQ4"}],
        ),
        (
            aftership,
            {
                "tracking_number": "PQ4",
                "slug": "ups",
                "tracking_postal_code": "46014",
                "tracking_ship_date": "20260504",
                "language": "es",
            },
            {"tracking_number": "PQ4"},
        ),
        (
            easypost,
            {"tracker": {"tracking_code": "PQ4", "carrier": "UPS"}},
            {"tracker": {"tracking_code": "PQ4"}},
        ),
        (
            ship24,
            {
                "trackingNumber": "PQ4",
                "courierCode": ["ups"],
                "destinationCountryCode": "ES",
                "destinationPostCode": "46014",
                "shippingDate": "2026-05-04",
            },
            {"trackingNumber": "PQ4"},
        ),
        (
            trackingmore,
            [
                {
                    "tracking_number": "PQ4",
                    "courier_code": "ups",
                    "tracking_postal_code": "46014",
                    "tracking_destination_country": "ES",
                }
            ],
            [{"tracking_number": "PQ4"}],
        ),
    ],
)
def test_a_number_is_registered_with_what_is_known_of_it(module: ModuleType, full: Any, bare: Any) -> None:
    assert told(module.register([FULL], {})) == full
    assert told(module.register([BARE], {})) == bare


def test_two_take_no_number_without_its_carrier() -> None:
    assert {carrier.code for carrier in AGGREGATORS if carrier.needs_carrier} == {"karrio", "shippo"}
    assert {carrier.code for carrier in AGGREGATORS if not carrier.finds_out} == {"karrio", "shippo"}


@pytest.mark.parametrize("module", [shippo, karrio])
def test_where_the_carrier_must_be_named_a_number_alone_is_not_registered(module: ModuleType) -> None:
    name = "carrier" if module is shippo else "carrier_name"
    assert told(module.register([FULL], {})) == {name: "ups", "tracking_number": "PQ4"}
    with pytest.raises(InvalidNumberError, match="needs its carrier"):
        module.register([BARE], {})
    with pytest.raises(InvalidNumberError, match="does not track"):
        module.register([Query("PQ4", carrier="nacex")], {})


def test_shippo_is_asked_about_a_carriers_number() -> None:
    assert shippo.build([FULL], {}).url == "https://api.goshippo.com/tracks/ups/PQ4"
    assert shippo.build([Query("SHIPPO_TRANSIT")], {}).url.endswith("/tracks/shippo/SHIPPO_TRANSIT")
    with pytest.raises(InvalidNumberError):
        shippo.build([BARE], {})


def test_bulk_questions_name_every_number() -> None:
    queries = [Query("A1"), Query("B2")]
    assert aftership.build(queries, {}).params["tracking_numbers"] == "A1,B2"
    assert trackingmore.build(queries, {}).params == {"tracking_numbers": "A1,B2"}
    assert told(easypost.build(queries, {})) == {"tracking_codes": ["A1", "B2"]}
    assert told(trackingmore.register(queries, {})) == [{"tracking_number": "A1"}, {"tracking_number": "B2"}]


def test_credentials_are_tried_where_the_carrier_must_be_named(settings: Any) -> None:
    shop: Any = SimpleNamespace(pk=1)
    with running(speed=1) as simulator:
        settings.CARRIER_SIMULATOR_URL = simulator.url
        good = services.try_credentials(shop=shop, carrier="shippo", secrets={"api_key": "good"})
        bad = services.try_credentials(shop=shop, carrier="shippo", secrets={"api_key": "invalid"})
        assert simulator.calls(carrier="shippo")

    assert good.works
    assert (bad.works, bad.outcome) == (False, Outcome.AUTH_ERROR)


# --- Pushes ---

SECRET = "whsec ﬁn"  # the ligature is two letters in form NFKD
BODY = b'{"event": "tracking_update", "msg": {}}'
TIME = "1778048420"


def digest(key: str, body: bytes) -> bytes:
    return hmac.new(key.encode(), body, hashlib.sha256).digest()


def trackingmores(signature: str, timestamp: Any = int(TIME)) -> bytes:
    info = {"timestamp": timestamp, "signature": signature}
    return json.dumps({"code": 200, "data": {}, "verify_info": info}).encode()


OF_TIME = digest(SECRET, TIME.encode())
PUSHES: list[tuple[ModuleType, dict[str, str], bytes]] = [
    (aftership, {"Aftership-Hmac-Sha256": base64.b64encode(digest(SECRET, BODY)).decode()}, BODY),
    (
        easypost,
        {
            "X-HMAC-Signature": "hmac-sha256-hex="
            + digest(unicodedata.normalize("NFKD", SECRET), BODY).hex().upper()
        },
        BODY,
    ),
    (ship24, {"authorization": f"Bearer {SECRET}"}, BODY),
    (karrio, {"x-event-id": SECRET}, BODY),
    (trackingmore, {}, trackingmores(OF_TIME.hex())),
    (trackingmore, {}, trackingmores(base64.b64encode(OF_TIME).decode())),
]
every_push = pytest.mark.parametrize(("module", "headers", "body"), PUSHES)


@every_push
def test_a_genuine_push_is_taken(module: ModuleType, headers: dict[str, str], body: bytes) -> None:
    assert module.verify(headers, body, {"webhook_secret": SECRET})


@every_push
def test_another_secret_or_none_takes_nothing(
    module: ModuleType, headers: dict[str, str], body: bytes
) -> None:
    for secrets in ({}, {"webhook_secret": ""}, {"webhook_secret": "another"}, {"api_key": SECRET}):
        assert not module.verify(headers, body, secrets)


@every_push
def test_a_push_without_its_sign_is_refused(module: ModuleType, headers: dict[str, str], body: bytes) -> None:
    bare = BODY if module is trackingmore else body
    for wrong in ({}, dict.fromkeys(headers, ""), dict.fromkeys(headers, "firmé"), {"X-Other": "1"}):
        assert not module.verify(wrong, bare, {"webhook_secret": SECRET})


@pytest.mark.parametrize("module", [aftership, easypost])
def test_a_signed_body_may_not_be_changed(module: ModuleType) -> None:
    headers = next(headers for known, headers, _body in PUSHES if known is module)
    assert module.CARRIER.push is Trust.SIGNED
    assert not module.verify(headers, BODY + b" ", {"webhook_secret": SECRET})


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"[" * 100_000, b"\xff", trackingmores("", ""), trackingmores("%%%"), trackingmores(OF_TIME.hex(), 1)],
    ids=["empty", "list", "deep", "bytes", "nothing", "no base64", "another time"],
)  # fmt: skip
def test_trackingmores_sign_is_looked_for_in_any_body(body: bytes) -> None:
    assert not trackingmore.verify({}, body, {"webhook_secret": SECRET})
