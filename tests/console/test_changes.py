"""Changes of deliveries in the console: offered, agreed to, settled, counted; and places taken from a file."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from tenants import keys
from tenants.isolation import shop_context
from tenants.models import Role
from tests.console.clients import signed_in, visitor
from tests.tracking import changes as rows
from tests.tracking import pages
from tests.tracking.changes import NOW, ask
from tracking.models import DeliveryOption, DeliveryRequest, DeliverySlot, Notice, PickupPlace

pytestmark = pytest.mark.django_db

OPTION = {
    "kind": "slot",
    "enabled": "on",
    "way": "task",
    "price": "3.90",
    "most_an_order": "2",
    "stages": ["before", "moving"],
    "countries": "es, pt",
    "postal_codes": "28 46",
    "cutoff_time": "20:00",
    "cutoff_days": "1",
    "days_ahead": "5",
    "first_after": "1",
    "sundays": "on",
    "windows": "9:00-11:00\n11:00 - 13:00",
    "capacity": "4",
    "lead_minutes": "60",
}


@pytest.fixture(autouse=True)
def _now():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def shop():
    return pages.shop()


def url(name, shop, *args):
    return reverse(f"console:{name}", args=[shop.slug, *args])


def asked(shop, kind="day", **fields):
    with shop_context(shop.pk):
        rows.option(shop, kind, **fields)
        order, parcel = rows.order(shop)
    return ask(order, parcel, kind)


def again(made):
    with shop_context(made.shop_id):
        return DeliveryRequest.objects.get(pk=made.pk)


# --- What is offered ---


def test_an_option_is_kept_as_it_was_filled_in(shop):
    owner = signed_in(shop, Role.ADMIN)
    assert owner.post(url("option_add", shop), OPTION).status_code == 302
    with shop_context(shop.pk):
        made = DeliveryOption.objects.get()
    assert (made.kind, made.price, made.countries, made.postal_codes) == (
        "slot",
        Decimal("3.9"),
        ["ES", "PT"],
        ["28", "46"],
    )
    assert made.settings["windows"] == [["09:00", "11:00"], ["11:00", "13:00"]]
    assert (made.settings["capacity"], made.settings["sundays"], made.settings["saturdays"]) == (
        4,
        True,
        False,
    )
    html = owner.get(url("option", shop, made.pk)).content.decode()
    assert "09:00-11:00\n11:00-13:00" in html
    assert "ES, PT" in html


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"windows": "soon"}, "write it like 10:00-12:00"),
        ({"windows": ""}, "Give at least one time"),
        ({"capacity": ""}, "Say how many parcels"),
        ({"way": "mail"}, "Say where the depot gets its mail"),
        ({"countries": "Spain"}, "is no country’s two letters"),
        ({"price": "-1"}, "greater than or equal to 0"),
        ({"kind": "rocket"}, "Select a valid choice"),
    ],
)
def test_what_makes_no_sense_is_said_beside_it(shop, said, sentence):
    answer = signed_in(shop, Role.ADMIN).post(url("option_add", shop), OPTION | said)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    with shop_context(shop.pk):
        assert not DeliveryOption.objects.exists()


def test_fewer_places_never_take_one_that_was_sold(shop):
    owner = signed_in(shop, Role.ADMIN)
    owner.post(url("option_add", shop), OPTION)
    with shop_context(shop.pk):
        made = DeliveryOption.objects.get()
        DeliverySlot.objects.create(
            shop=shop, option=made, starts_at=NOW, ends_at=NOW + timedelta(hours=2), capacity=4, taken=3
        )
    owner.post(url("option", shop, made.pk), OPTION | {"capacity": "1"})
    with shop_context(shop.pk):
        assert DeliverySlot.objects.get().capacity == 3
    owner.post(url("option_remove", shop, made.pk))
    with shop_context(shop.pk):
        assert not DeliveryOption.objects.exists()


def test_only_who_may_set_up_sets_up_and_only_who_may_act_acts(shop):
    made = asked(shop, needs_approval=True)
    agent, viewer = signed_in(shop, Role.AGENT), signed_in(shop, Role.VIEWER)
    assert agent.get(url("options", shop)).status_code == 404
    assert viewer.post(url("change_act", shop, made.pk, "approve")).status_code == 404
    html = viewer.get(url("changes", shop)).content.decode()
    assert "Marta Ruiz" not in html
    assert "Agree" not in html
    assert again(made).status == "asked"


# --- What was asked for ---


def test_the_team_agrees_takes_it_up_and_says_what_came_of_it(shop):
    made = asked(shop, needs_approval=True, price="2.50")
    agent = signed_in(shop)
    html = agent.get(url("changes", shop)).content.decode()
    assert "Friday 27" in html
    assert "for you to charge" in html
    for act, said, status in (
        ("approve", {}, "approved"),
        ("settle", {"status": "refused"}, "approved"),  # without saying why: not taken
        ("take", {}, "sent"),
        ("settle", {"status": "accepted", "answer": "Friday it is"}, "accepted"),
        ("settle", {"status": "done"}, "done"),
        ("settle", {"status": "refused", "answer": "x"}, "done"),  # over
    ):
        assert agent.post(url("change_act", shop, made.pk, act), said).status_code == 302
        assert again(made).status == status
    assert again(made).answer == "Friday it is"
    assert agent.post(url("change_act", shop, made.pk, "explode")).status_code == 404
    with shop_context(shop.pk):
        assert list(Notice.objects.order_by("id").values_list("kind", flat=True)) == [
            "change_asked",
            "change_sent",
            "change_accepted",
        ]


def test_an_agent_leaves_a_note_for_the_carrier_and_sees_it_on_the_order(shop):
    with shop_context(shop.pk):
        order, parcel = rows.order(shop, carrier="mrw")
    agent = signed_in(shop)
    agent.post(url("order_note", shop, order.pk), {"shipment": parcel.pk, "text": "Only after  five"})
    html = agent.get(url("order", shop, order.pk)).content.decode()
    assert "A note for the driver</b>: Only after five" in html
    rival = signed_in(pages.shop())
    assert rival.post(url("order_note", shop, order.pk), {"text": "x"}).status_code == 404
    with shop_context(shop.pk):
        assert DeliveryRequest.objects.count() == 1


def test_the_report_counts_by_kind_carrier_and_hour_and_comes_as_a_file(shop):
    made = asked(shop)
    agent = signed_in(shop)
    agent.post(url("change_act", shop, made.pk, "settle"), {"status": "accepted"})
    html = agent.get(url("changes_report", shop)).content.decode()
    assert "SEUR" in html
    assert "100 %" in html
    assert "Earlier" in html  # 55 hours before the cut-off
    body = b"".join(agent.get(url("changes_report_csv", shop)).streaming_content).decode("utf-8-sig")
    head, line = body.strip().splitlines()
    assert head.startswith("order,kind,way,status,carrier")
    assert line.split(",")[1:5] == ["day", "task", "accepted", "seur"]
    assert ",55.0," in line
    assert "Marta" not in body


# --- Places ---

CSV = """carrier;code;kind;name;address;postal_code;city;country;hours;latitude;longitude
seur;P1;point;Estanco Goya;Calle Goya 47;28001;Madrid;ES;L-S 9-21;40,4245;-3.6815
seur;P2;locker;Taquilla;Calle Goya 50;28001;Madrid;ES;;;
"""


def put_file(shop, text):
    upload = SimpleUploadedFile("places.csv", text.encode())
    answer = signed_in(shop, Role.ADMIN).post(url("places", shop), {"file": upload}, follow=True)
    return answer.content.decode()


def test_places_come_from_a_file_and_are_brought_up_to_date_by_the_next(shop):
    assert "2 places added, 0 brought up to date." in put_file(shop, CSV)
    assert "0 places added, 2 brought up to date." in put_file(
        shop, CSV.replace("Estanco Goya", "Estanco Nuevo")
    )
    with shop_context(shop.pk):
        place = PickupPlace.objects.get(code="P1")
    assert (place.name, place.latitude, place.kind) == ("Estanco Nuevo", 40.4245, "point")


def test_a_file_with_a_fault_leaves_nothing_and_says_where_it_is(shop):
    assert "Line 3, city: This is needed." in put_file(
        shop, CSV.replace("Calle Goya 50;28001;Madrid", "Calle Goya 50;28001;")
    )
    assert "no lines below its header" in put_file(shop, "carrier;code\n")
    with shop_context(shop.pk):
        assert not PickupPlace.objects.exists()


def test_programs_send_places_in_bulk(shop):
    with shop_context(shop.pk):
        _key, secret = keys.issue(shop=shop, name="x", scopes=list(keys.SCOPES), by=None)
    place = {
        "carrier": "seur",
        "code": "P1",
        "name": "Estanco",
        "address": "Calle 1",
        "postal_code": "28001",
        "city": "Madrid",
        "country": "ES",
    }
    client = visitor()

    def put(places):
        return client.put(
            "/api/v1/pickup-places",
            {"places": places},
            content_type="application/json",
            headers={"authorization": f"Bearer {secret}"},
        )

    assert put([place, place | {"code": "P2"}]).json() == {"created": 2, "updated": 0}
    assert put([place]).json() == {"created": 0, "updated": 1}
    refused = put([place | {"latitude": "north"}, {"carrier": "seur"}])
    assert refused.status_code == 422
    assert {e["field"] for e in refused.json()["errors"]} >= {"places.0.latitude", "places.1.code"}
    assert put([place] * 1001).status_code == 422
