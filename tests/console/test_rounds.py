"""The console's page of rounds: made, filled, put in order without a script, ended."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from tenants.isolation import shop_context
from tenants.models import Role
from tests import make
from tests.console.clients import signed_in
from tracking.models import Round, Stop

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop():
    return make.shop()


@pytest.fixture
def agent(shop):
    return signed_in(shop, Role.AGENT)


def at(shop, name="rounds", *args):
    return reverse(f"console:{name}", args=[shop.slug, *args])


def made(shop, agent):
    today = timezone.localdate()
    page = agent.post(at(shop), {"name": "Van 2", "driver": "Pau", "day": today.isoformat()}).content.decode()
    with shop_context(shop.pk):
        return Round.objects.get(), page


def numbers(shop):
    with shop_context(shop.pk):
        return list(Stop.objects.order_by("position").values_list("shipment__order__number", flat=True))


def test_a_round_is_made_and_its_link_is_shown_once(shop, agent):
    one, page = made(shop, agent)
    link = re.search(r'value="(http[^"]+/d/[^"]+/)"', page)[1]
    assert link.startswith(f"http://testserver/s/{shop.slug}/d/")
    assert agent.get(link.removeprefix("http://testserver")).status_code == 200
    assert "/d/" not in agent.get(at(shop, "round", one.pk)).content.decode()
    assert "Van 2" in agent.get(at(shop)).content.decode()


@pytest.mark.parametrize("days", [-1, 61])
def test_a_round_is_of_today_or_soon(shop, agent, days):
    day = timezone.localdate() + timedelta(days=days)
    assert agent.post(at(shop), {"name": "Van", "day": day.isoformat()}).status_code == 422


def test_parcels_are_added_by_number_and_by_town(shop, agent):
    one, _page = made(shop, agent)
    with shop_context(shop.pk):
        for number, city in (("1", "Madrid"), ("2", "Valencia"), ("3", "Valencia")):
            make.order(shop, number=number, city=city)
    said = agent.post(at(shop, "round", one.pk), {"numbers": "#1, 77"}, follow=True).content.decode()
    assert "Added: 1." in said
    assert "There is no order 77 here." in said
    assert '<option value="Valencia">Valencia (2)</option>' in said
    agent.post(at(shop, "round", one.pk), {"town": "Valencia"})
    assert numbers(shop) == ["1", "2", "3"]


def test_stops_are_moved_taken_off_and_dragged(shop, agent):
    one, _page = made(shop, agent)
    with shop_context(shop.pk):
        for number in "123":
            make.order(shop, number=number)
    agent.post(at(shop, "round", one.pk), {"numbers": "1 2 3"})
    with shop_context(shop.pk):
        pks = dict(Stop.objects.values_list("shipment__order__number", "pk"))
    agent.post(at(shop, "round_stops", one.pk), {"move": f"up:{pks['3']}"})
    assert numbers(shop) == ["1", "3", "2"]
    agent.post(at(shop, "round_stops", one.pk), {"stop": [pks["2"], pks["1"], pks["3"]]})
    assert numbers(shop) == ["2", "1", "3"]
    agent.post(at(shop, "round_stops", one.pk), {"move": f"off:{pks['1']}"})
    assert numbers(shop) == ["2", "3"]
    agent.post(at(shop, "round_stops", one.pk), {"move": "sideways:x"})
    assert numbers(shop) == ["2", "3"]


def test_an_ended_round_offers_nothing_any_more(shop, agent):
    one, _page = made(shop, agent)
    agent.post(at(shop, "round_end", one.pk))
    page = agent.get(at(shop, "round", one.pk)).content.decode()
    assert "This round is over" in page
    assert "Make a new link" not in page
    assert agent.post(at(shop, "round_key", one.pk)).status_code == 404


def test_another_shops_round_does_not_exist(shop, agent):
    one, _page = made(shop, agent)
    rival = signed_in(make.shop(), Role.OWNER)
    for name in ("round", "round_stops", "round_key", "round_end"):
        assert rival.post(at(shop, name, one.pk)).status_code == 404
