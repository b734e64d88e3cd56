"""A shop opens with a preset's states, and makes them its own without losing sight of an order."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tenants.isolation import shop_context
from tenants.models import AuditEntry, Brand, Membership, Shop
from tenants.services import SYSTEM
from tests import make
from tracking.labels import state_label
from tracking.models import ShopState
from tracking.presets import PRESETS, shop_state_for
from tracking.services.incoming import Refused
from tracking.services.shops import THEMSELVES, StateIn, apply_preset, change_states, open_shop
from tracking.states import STATES, OrderState, StateKind

SAID = {
    "slug": "vega", "name": "Cerámica Vega", "country": "es", "language": "es", "languages": ["es", "en"],
    "currency": "eur", "time_zone": "Europe/Madrid", "preset": "egondola5",
}  # fmt: skip


def opened(**said) -> Shop:
    return open_shop(**{**SAID, "owner": None, "by": SYSTEM, "now": make.NOW, **said})


@pytest.fixture
def shop(db) -> Iterator[Shop]:
    shop = opened()
    with shop_context(shop.pk):
        yield shop


def states_in(shop: Shop) -> list[StateIn]:
    """What the shop has, as a form would hand it back."""
    return [
        StateIn(s.labels, s.canonicals, s.code, s.step, s.visible, s.icon, s.colour)
        for s in ShopState.objects.for_shop(shop)
    ]


def change(shop: Shop, states: list[StateIn]) -> list[ShopState]:
    return change_states(shop=shop, states=states, by=SYSTEM, now=make.NOW)


def refused(shop: Shop, states: list[StateIn]) -> dict[str, list[str]]:
    before = list(ShopState.objects.values_list())
    with pytest.raises(Refused) as caught:
        change(shop, states)
    assert list(ShopState.objects.values_list()) == before
    return caught.value.fields


def test_a_shop_opens_with_a_brand_an_owner_and_the_states_of_its_preset(db):
    owner = make.user()
    shop = opened(owner=owner, contact_email="hola@vega.example")

    assert (shop.country, shop.currency, shop.languages) == ("ES", "EUR", ["es", "en"])
    assert list(Membership.objects.filter(shop=shop).values_list("user", "role")) == [(owner.pk, "owner")]
    with shop_context(shop.pk):
        assert Brand.objects.count() == 1
        states = list(ShopState.objects.values_list("code", "kind", "position"))
        assert states == [
            ("received", "linear", 0), ("in_process", "linear", 1), ("shipped", "derived", 2),
            ("delivered", "derived", 3), ("completed", "derived", 4),
        ]  # fmt: skip
        labels = ShopState.objects.get(code="received").labels
        assert (labels["es"], labels["en"], set(labels)) == (
            "Solicitud recibida", "Request received", {"es", "en", "pt-br", "fr", "it", "de"},
        )  # fmt: skip
        assert AuditEntry.objects.get().action == "shop.opened"


@pytest.mark.parametrize(
    ("said", "fields"),
    [
        ({"slug": "Mi Tienda"}, {"slug"}),
        ({"slug": ""}, {"slug"}),
        ({"slug": "-x"}, {"slug"}),
        ({"name": ""}, {"name"}),
        ({"name": "x" * 200}, {"name"}),
        ({"country": "Spain"}, {"country"}),
        ({"currency": "EURO"}, {"currency"}),
        ({"time_zone": "Madrid"}, {"time_zone"}),
        ({"language": "ru"}, {"languages"}),
        ({"preset": "twelve"}, {"preset"}),
        ({"contact_email": "x"}, {"contact_email"}),
        ({"website": "javascript:1"}, {"website"}),
        ({"country": "x", "currency": "x"}, {"country", "currency"}),
    ],
)
def test_a_shop_that_cannot_be_is_refused(db, said, fields):
    with pytest.raises(Refused) as caught:
        opened(**said)

    assert set(caught.value.fields) - {"__all__"} == fields
    assert not Shop.objects.exists()


def test_a_name_in_an_address_is_taken_once(db):
    opened()
    with pytest.raises(Refused) as caught:
        opened(name="Otra")

    assert list(caught.value.fields) == ["slug"]


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_shows_every_state_an_order_can_be_in(shop, preset):
    version = Brand.objects.get().version
    states = apply_preset(shop=shop, preset=preset, by=SYSTEM, now=make.NOW)

    for canonical, facts in STATES.items():
        if facts.kind is not StateKind.MILESTONE and canonical not in THEMSELVES:
            assert shop_state_for(canonical, states), canonical
    assert Shop.objects.get().preset == preset
    assert Brand.objects.get().version == version + 1
    # What a preset gives can be handed back as it is.
    assert [s.code for s in change(shop, states_in(shop))] == [s.code for s in states]
    assert Brand.objects.get().version == version + 1
    assert list(AuditEntry.objects.order_by("pk").values_list("action", flat=True)) == [
        "shop.opened",
        "states.preset",
    ]


def test_a_preset_that_is_none_is_refused(shop):
    with pytest.raises(Refused):
        apply_preset(shop=shop, preset="twelve", by=SYSTEM, now=make.NOW)


def test_states_are_renamed_added_reordered_hidden_and_removed(shop):
    received, process, shipped, delivered, _completed = states_in(shop)
    stock = StateIn({"es": "Esperando género"}, ["awaiting_stock"], visible=False)
    process = StateIn({"es": "En el taller"}, ["routed", "to_prepare", "preparing"], "in_process", step=True)
    delivered = StateIn(delivered.labels, [*delivered.canonicals, "completed"], "delivered", step=True)

    kept = change(shop, [received, stock, process, shipped, delivered])

    assert [(s.code, s.position, s.visible, s.kind) for s in kept] == [
        ("received", 0, True, "linear"), ("esperando_genero", 1, False, "linear"), ("in_process", 2, True, "linear"),
        ("shipped", 3, True, "derived"), ("delivered", 4, True, "derived"),
    ]  # fmt: skip
    assert kept[2].labels == {"es": "En el taller"}
    entry = AuditEntry.objects.get(action="states.changed")
    assert ("completed" in entry.before, "completed" in entry.after) == (True, False)


def test_every_state_an_order_can_be_in_stays_shown(shop):
    received, process, shipped, delivered, completed = states_in(shop)

    said = refused(shop, [received, process, delivered, completed])["states"]
    missing = (
        "partially_shipped",
        "shipped",
        "out_for_delivery",
        "ready_for_pickup",
        "partially_delivered",
    )
    assert len(said) == len(missing)
    assert all(state_label(state) in sentence for state, sentence in zip(missing, said, strict=True))
    assert list(refused(shop, [received, process, shipped])) == ["states"]
    assert list(refused(shop, [])) == ["states"]


def test_milestones_terminal_and_linear_states_are_not_mixed(shop):
    *rest, completed = states_in(shop)
    for canonicals in (["completed", "invoice_issued"], ["completed", "awaiting_payment"]):
        mixed = StateIn(completed.labels, canonicals, "completed")
        assert list(refused(shop, [*rest, mixed])) == ["states.4.canonicals"]


@pytest.mark.parametrize(
    ("broken", "field"),
    [
        ({"labels": {"en": "Only English"}}, "states.4.labels.es"),
        ({"labels": {"es": "x" * 41}}, "states.4.labels.es"),
        ({"canonicals": []}, "states.4.canonicals"),
        ({"canonicals": ["nonsense"]}, "states.4.canonicals"),
        ({"canonicals": ["shipped"]}, "states.4.canonicals"),
        ({"code": "A B"}, "states.4.code"),
        ({"code": "shipped"}, "states.4.code"),
        ({"icon": "<svg>"}, "states.4.icon"),
        ({"colour": "red"}, "states.4.colour"),
        ({"colour": "#fff;}body{display:none"}, "states.4.colour"),
    ],
)
def test_a_state_that_cannot_be_is_refused(shop, broken, field):
    *rest, last = states_in(shop)
    given = {"labels": last.labels, "canonicals": last.canonicals, "code": last.code, **broken}

    assert field in refused(shop, [*rest, StateIn(**given)])


def test_a_shop_may_show_what_presets_leave_to_themselves(shop):
    back = StateIn({"es": "Devuelto"}, [OrderState.RETURNED, OrderState.RETURNING, OrderState.CANCELLED])

    assert change(shop, [*states_in(shop), back])[-1].kind == "derived"
