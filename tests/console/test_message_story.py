"""A message from nothing to the mailbox: dragged together, its rule tried on the past, published, and read in six languages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from carriers.types import SubStatus
from notifications.models import Template
from notifications.services.delivery import deliver_due
from notifications.services.planning import plan_due
from tenants.isolation import shop_context
from tenants.models import Role, Shop
from tenants.services import SYSTEM
from tests import make
from tests.console.test_browser import sign_in
from tests.console.test_editor_browser import WIDE, drag, saved
from tests.notifications.conftest import mailbox  # noqa: F401  a fixture
from tracking.services.events import record_events
from tracking.services.shops import apply_preset

pytestmark = pytest.mark.browser
DAY = timedelta(days=1)
# Subject and button as the merchant writes them, and what every mail says of its order in its own language.
WORDS = {
    "es": ("Ya va de camino", "Ver mi pedido"),
    "en": ("It is on its way", "See my order"),
    "fr": ("C’est parti", "Voir ma commande"),
    "it": ("È partito", "Vedi il mio ordine"),
    "de": ("Es ist unterwegs", "Meine Bestellung ansehen"),
    "pt-br": ("Está a caminho", "Ver meu pedido"),
}


@pytest.fixture
def shop(site: str, settings: Any) -> Shop:
    """Casa Olmo, whose last three parcels set out some days ago."""
    settings.NOTIFY_SETTLE_S = 0
    shop = make.shop(slug="casa-olmo", name="Casa Olmo", language="es", languages=list(WORDS))
    make.member(shop, Role.OWNER, user=make.user(email="ana@example.com", name="Ana Olmo"))
    apply_preset(shop=shop, preset="simple4", by=SYSTEM, now=make.NOW)
    now = timezone.now()
    with shop_context(shop.pk):
        for days in (4, 6, 9):
            set_out(shop, now - days * DAY)
    plan_due(now - DAY)
    return shop


def set_out(shop: Shop, at: Any, **fields: Any) -> None:
    order = make.order(shop, placed_at=at - DAY, quiet_before=at - DAY, asserted="preparing", **fields)
    parcel = make.shipment(order, created_at=at - DAY)
    picked_up = make.event(SubStatus.PICKED_UP, at=at)
    record_events(shop_id=shop.pk, shipment_id=parcel.pk, events=[picked_up], now=at)


def type_in(page: Any, field: str, text: str) -> None:
    page.locator(f"#f_{field}").fill(text)
    saved(page)


def test_a_message_goes_from_nothing_to_six_mailboxes(
    shop: Shop,
    site: str,
    browser_page: Any,
    mailbox: Any,  # noqa: F811
) -> None:
    page = browser_page
    page.set_viewport_size(WIDE)
    sign_in(page, site)

    # From nothing, by mouse.
    page.goto(site + reverse("console:designs", args=["casa-olmo"]))
    page.fill("form[action$='/designs/new/'] [name=name]", "En marcha")
    page.click("form[action$='/designs/new/'] button")
    page.locator("#editor.ready").wait_for()
    for n, kind in enumerate(("headline", "progress", "button")):
        page.locator(f'[data-kind="{kind}"]').scroll_into_view_if_needed()
        footer = page.locator('.block-row[data-block="footer"]').bounding_box()
        drag(page, page.locator(f'[data-kind="{kind}"]'), footer["x"] + 60, footer["y"] + 4)
        page.locator(".block-row").nth(n + 2).wait_for()  # a logo and a footer are there from the start
        saved(page)
    rows = page.locator(".block-row")
    order = [rows.nth(n).get_attribute("data-block") for n in range(rows.count())]
    assert order == ["logo", "headline", "progress", "button", "footer"]
    here = page.url
    for language, (subject, label) in WORDS.items():
        page.goto(here.replace("/es/", f"/{language}/"))
        page.locator("#editor.ready").wait_for()
        page.locator(".head-link").click()
        type_in(page, "subject", f"{subject}: {{{{ order.number }}}}")
        page.locator('.block-row[data-block="button"] .block-link').click()
        type_in(page, "label", label)
    page.locator("#publish summary").click()
    page.locator("#publish button").click()
    page.locator(".toast").wait_for()

    # Its rule, by keys alone; tried on the past before it is on.
    with shop_context(shop.pk):
        key = Template.objects.get(name="En marcha").key
    page.goto(site + reverse("console:rule_new", args=["casa-olmo"]))
    for name, value in (("occasion", "shipped"), ("channel", "email"), ("template", f"email|{key}")):
        page.locator(f"#rule-form [name={name}]").focus()
        page.locator(f"#rule-form [name={name}]").select_option(value)
    page.locator("[name=try][value='30']").focus()
    page.keyboard.press("Enter")
    page.locator("#trial").wait_for()
    assert "3 mensajes" in page.locator("#trial").inner_text()
    with shop_context(shop.pk):
        tried = shop_messages()
    page.locator(".rule-aside .btn.primary").focus()
    page.keyboard.press("Enter")
    page.locator(".toast").wait_for()
    with shop_context(shop.pk):
        assert shop_messages() == tried, "nobody is told of the past"

    # The next parcels.
    now = timezone.now()
    with shop_context(shop.pk):
        for language in WORDS:
            set_out(
                shop, now, number=f"N-{language}", language=language, customer_email=f"{language}@example.com"
            )
    plan_due(timezone.now())
    while deliver_due(timezone.now()):
        pass
    told = {
        mail["To"]: mail for mail in mailbox.mails if mail["To"] in {f"{one}@example.com" for one in WORDS}
    }
    assert {to: str(mail["Subject"]) for to, mail in told.items()} == {
        f"{language}@example.com": f"{subject}: N-{language}" for language, (subject, _label) in WORDS.items()
    }
    for language, (_subject, label) in WORDS.items():
        html = told[f"{language}@example.com"].get_body(("html",)).get_content()
        assert label in html
        assert f'lang="{language}"' in html.lower()


def shop_messages() -> int:
    from notifications.models import Message

    return int(Message.objects.count())
