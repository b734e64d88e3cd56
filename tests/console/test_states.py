"""The shop's own states: named, moved, hidden, added, removed, or replaced by a set; never left incomplete."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tenants.isolation import shop_context
from tenants.models import AuditEntry, Role, Shop
from tenants.services import SYSTEM
from tests import make
from tests.console.clients import signed_in
from tracking.models import ShopState
from tracking.services.shops import apply_preset

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    made = make.shop()
    apply_preset(shop=made, preset="simple4", by=SYSTEM, now=make.NOW)
    return made


@pytest.fixture
def admin(shop: Shop) -> Client:
    return signed_in(shop, Role.ADMIN)


def address(shop: Shop, name: str = "states") -> str:
    return reverse(f"console:{name}", args=[shop.slug])


def held(shop: Shop) -> list[ShopState]:
    with shop_context(shop.pk):
        return list(ShopState.objects.for_shop(shop).order_by("position"))


def codes(shop: Shop) -> list[str]:
    return [state.code for state in held(shop)]


def said(shop: Shop, **changes: Any) -> dict[str, Any]:
    """The form as it stands, with changes; None leaves a field out, as a box not ticked."""
    fields: dict[str, Any] = {}
    states = held(shop)
    for n, state in enumerate(states):
        fields |= {
            f"s{n}-code": state.code, f"s{n}-place": n, f"s{n}-label_es": state.labels["es"],
            f"s{n}-label_en": state.labels["en"], f"s{n}-icon": state.icon, f"s{n}-colour": state.colour,
            f"s{n}-canonicals": state.canonicals, f"s{n}-step": "on", f"s{n}-visible": "on",
        }  # fmt: skip
    fields[f"s{len(states)}-place"] = len(states)
    fields |= {name.replace("__", "-"): value for name, value in changes.items()}
    return {name: value for name, value in fields.items() if value is not None}


def test_the_form_sent_as_it_stands_changes_nothing(shop: Shop, admin: Client) -> None:
    before = [(s.code, s.labels, s.canonicals, s.step, s.visible) for s in held(shop)]
    assert admin.post(address(shop), said(shop)).status_code == 302
    assert [(s.code, s.labels, s.canonicals, s.step, s.visible) for s in held(shop)] == before


def test_a_state_is_renamed_hidden_and_keeps_words_in_other_languages(shop: Shop, admin: Client) -> None:
    answer = admin.post(address(shop), said(shop, s1__label_es="En el obrador", s1__visible=None))
    assert answer.status_code == 302
    second = held(shop)[1]
    assert (second.labels["es"], second.visible) == ("En el obrador", False)
    assert "fr" in second.labels
    with shop_context(shop.pk):
        assert AuditEntry.objects.filter(action="states.changed").count() == 1


@pytest.mark.parametrize(
    "change", [{"move": "s1:up"}, {"s0__place": 1, "s1__place": 0}], ids=["button", "drag"]
)
def test_states_change_places(shop: Shop, admin: Client, change: dict[str, Any]) -> None:
    assert codes(shop)[:2] == ["received", "preparing"]
    admin.post(address(shop), said(shop, **change))
    assert codes(shop)[:2] == ["preparing", "received"]


def test_the_first_state_moved_up_stays(shop: Shop, admin: Client) -> None:
    assert admin.post(address(shop), said(shop, move="s0:up")).status_code == 302
    assert codes(shop)[0] == "received"


def test_a_state_is_added_and_removed_again(shop: Shop, admin: Client) -> None:
    added = said(
        shop, s1__canonicals=["awaiting_stock", "routed", "to_prepare"], s4__label_es="Grabando", s4__label_en="Engraving",
        s4__canonicals=["preparing"], s4__visible="on",
    )  # fmt: skip
    assert admin.post(address(shop), added).status_code == 302
    assert codes(shop)[-1] == "grabando"
    removed = said(
        shop, s4__remove="on", s1__canonicals=["awaiting_stock", "routed", "to_prepare", "preparing"]
    )
    assert admin.post(address(shop), removed).status_code == 302
    assert "grabando" not in codes(shop)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"s0__label_es": ""}, "A state needs a name in the shop’s own language."),
        ({"s0__canonicals": []}, "Choose which of the states of an order it shows."),
        ({"s3__remove": "on"}, "None of your states shows “Delivered”"),
        ({"s0__colour": "red"}, "Write a colour as #"),
        ({"s0__canonicals": ["received", "awaiting_payment", "preparing"]}, "is shown by"),
        ({"s0__step": None, "s1__step": None, "s2__step": None}, "The progress bar needs at least 2 steps"),
    ],
)
def test_what_would_leave_orders_without_a_state_is_refused(
    shop: Shop, admin: Client, changes: dict[str, Any], sentence: str
) -> None:
    before = codes(shop)
    answer = admin.post(address(shop), said(shop, **changes))
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert codes(shop) == before


def test_a_set_replaces_the_states_only_when_that_is_understood(shop: Shop, admin: Client) -> None:
    admin.post(address(shop, "preset"), {"preset": "egondola5"})
    assert len(codes(shop)) == 4
    admin.post(address(shop, "preset"), {"preset": "egondola5", "understood": "on"})
    assert len(codes(shop)) == 5
    answer = admin.post(address(shop, "preset"), {"preset": "nonsense", "understood": "on"}, follow=True)
    assert "There are these sets of states" in answer.content.decode()
    assert len(codes(shop)) == 5


def test_a_shop_without_states_still_gets_a_page(admin: Client, shop: Shop) -> None:
    with shop_context(shop.pk):
        ShopState.objects.for_shop(shop).delete()
    assert admin.get(address(shop)).status_code == 200
    assert admin.post(address(shop), {}).status_code == 422


@pytest.mark.parametrize("role", [Role.AGENT, Role.VIEWER])
def test_to_an_agent_there_are_no_states_to_change(shop: Shop, role: Role) -> None:
    client = signed_in(shop, role)
    assert client.get(address(shop)).status_code == 404
    assert client.post(address(shop), said(shop)).status_code == 404
    assert (
        client.post(address(shop, "preset"), {"preset": "egondola5", "understood": "on"}).status_code == 404
    )
    assert len(codes(shop)) == 4
