"""Reviews, invoices and a customer's data in the console: who may what, and what comes of it."""

from __future__ import annotations

import io
import zipfile

import pytest
from django.test import Client
from django.urls import reverse

from tenants.isolation import shop_context
from tenants.models import AuditEntry, Brand, Role, Shop
from tests import make
from tests.console.clients import signed_in
from tests.tracking import invoices as rows
from tracking.models import Invoice, InvoiceSetup, Order, Review
from tracking.services import invoices
from tracking.services.reviews import Said, rate

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return rows.invoicing_shop(automatic=False)


@pytest.fixture
def order(shop: Shop) -> Order:
    return rows.order(shop)


def address(shop: Shop, name: str, *args: object) -> str:
    return reverse(f"console:{name}", args=[shop.slug, *args])


def said(shop: Shop, order: Order, text: str = "Lovely plates") -> Review:
    return rate(
        shop=shop, order=order, said=Said(5, None, text, "Marta"), language="en", proved=True, now=make.NOW
    )


def kept(shop: Shop) -> Review:
    with shop_context(shop.pk):
        found: Review = Review.objects.for_shop(shop).get()
        return found


def test_a_word_is_published_rejected_and_answered_by_an_agent(shop: Shop, order: Order) -> None:
    review = said(shop, order, "=HYPERLINK www.bargain.example")
    agent = signed_in(shop, Role.AGENT)
    page = agent.get(address(shop, "reviews")).content.decode()
    assert "Has a link" in page
    assert "too few to say" in page
    assert agent.post(address(shop, "review_publish", review.pk)).status_code == 302
    assert kept(shop).status == "published"
    agent.post(address(shop, "review_reject", review.pk), {"because": "promotional"})
    assert (kept(shop).status, kept(shop).rejected_because) == ("rejected", "promotional")
    agent.post(address(shop, "review_answer", review.pk), {"answer": "Thank you"})
    assert kept(shop).answer == "Thank you"
    assert "'=HYPERLINK" in agent.get(address(shop, "reviews_csv")).content.decode()
    with shop_context(shop.pk):
        acts = list(AuditEntry.objects.filter(action__startswith="review.").values_list("action", flat=True))
    assert sorted(acts) == ["review.answered", "review.published", "review.rejected"]


def test_a_reason_is_one_of_five(shop: Shop, order: Order) -> None:
    review = said(shop, order)
    signed_in(shop, Role.AGENT).post(address(shop, "review_reject", review.pk), {"because": "boring"})
    assert kept(shop).status == "pending"


def test_an_invoice_asked_for_is_issued_and_taken_back_in_part(shop: Shop, order: Order) -> None:
    asked = invoices.ask(shop=shop, order=order, buyer=rows.BUYER, language="es", now=make.NOW)
    admin = signed_in(shop, Role.ADMIN)
    assert "Marta Ruiz" in admin.get(address(shop, "invoices")).content.decode()
    assert admin.post(address(shop, "invoice_issue", asked.pk)).status_code == 302
    form = {"once": "0", "units_1": "1", "reason": "Broken"}
    assert admin.post(address(shop, "invoice_take_back", asked.pk), form).status_code == 302
    assert admin.post(address(shop, "invoice_take_back", asked.pk), form).status_code == 302
    with shop_context(shop.pk):
        totals = list(Invoice.objects.for_shop(shop).order_by("pk").values_list("kind", "total"))
    assert [(kind, str(total)) for kind, total in totals] == [("invoice", "88.00"), ("credit", "-9.95")]
    assert admin.get(address(shop, "invoice", asked.pk)).status_code == 200
    assert "Casa Olmo" in admin.get(address(shop, "invoice_shown", asked.pk)).content.decode()


def test_how_a_shop_invoices_is_set_by_its_admins(shop: Shop) -> None:
    form = {
        "enabled": "on", "legal_name": "Otra, S. L.", "tax_id": "A58818501", "address": "Calle 1", "tax_name": "IVA",
        "rates": "ES 21\nES 4 BOOK",
    }  # fmt: skip
    admin = signed_in(shop, Role.ADMIN)
    assert admin.get(address(shop, "invoice_setup")).status_code == 200
    assert admin.post(address(shop, "invoice_setup"), form | {"rates": "much"}).status_code == 422
    assert admin.post(address(shop, "invoice_setup"), form | {"tax_id": "A58818502"}).status_code == 422
    assert admin.post(address(shop, "invoice_setup"), form).status_code == 302
    with shop_context(shop.pk):
        assert InvoiceSetup.objects.for_shop(shop).get().rates == {"ES": "21", "ES:BOOK": "4"}
    assert signed_in(shop, Role.AGENT).get(address(shop, "invoice_setup")).status_code == 404


def test_a_customers_data_are_given_out_and_erased_by_an_admin(shop: Shop, order: Order) -> None:
    admin: Client = signed_in(shop, Role.ADMIN)
    assert admin.get(address(shop, "order_data", order.pk)).status_code == 200
    file = admin.post(address(shop, "order_data_export", order.pk)).content
    assert "data.json" in zipfile.ZipFile(io.BytesIO(file)).namelist()
    assert admin.post(address(shop, "order_data_erase", order.pk), {"number": "9"}).status_code == 422
    assert (
        admin.post(address(shop, "order_data_erase", order.pk), {"number": order.number}).status_code == 302
    )
    with shop_context(shop.pk):
        gone = Order.objects.get(pk=order.pk)
        acts = set(AuditEntry.objects.filter(action__startswith="data.").values_list("action", flat=True))
    assert (gone.customer_name, gone.erased_at is not None) == ("", True)
    assert acts == {"data.exported", "data.erased"}
    assert signed_in(shop, Role.AGENT).get(address(shop, "order_data", order.pk)).status_code == 404


def test_products_and_places_are_saved_with_the_look(shop: Shop) -> None:
    form = {
        "colour": "#1f5f4a", "background": "#f6f5f2", "font": "system", "radius": "18", "block_0": "order",
        "block_1": "products", "product_0_title": "Jug", "product_0_url": "https://olmo.example/jug",
    }  # fmt: skip
    admin = signed_in(shop, Role.ADMIN)
    assert admin.post(address(shop, "brand"), form).status_code == 302
    assert admin.post(address(shop, "brand"), form | {"product_0_url": "javascript:1"}).status_code == 422
    with shop_context(shop.pk):
        brand = Brand.objects.for_shop(shop).get()
    assert brand.blocks == ["order", "products"]
    assert [p["title"] for p in brand.products] == ["Jug"]
