"""Invoices: issued once, numbered without a gap, taken back by credit notes, made PDFs by workers."""

from __future__ import annotations

import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connections
from django.utils import timezone

from tenants.isolation import shop_context
from tenants.models import AuditEntry
from tenants.services import SYSTEM
from tests import make
from tests.tracking import invoices as rows
from tracking.models import Invoice, InvoiceSeries, Milestone, Notice, Order, Transition
from tracking.printed import document_of, pdf_of
from tracking.services import invoice_files, invoice_setup, invoices
from tracking.services.incoming import Refused
from tracking.weasy import PdfUnavailableError, weasyprint

NOW = make.NOW


@pytest.fixture
def shop(db):
    return rows.invoicing_shop()


@pytest.fixture
def order(shop):
    return rows.order(shop)


def ask(shop, order, **more):
    return invoices.ask(shop=shop, order=order, **{"buyer": rows.BUYER, "language": "es", "now": NOW, **more})


def kept(shop):
    with shop_context(shop.pk):
        return list(Invoice.objects.for_shop(shop).order_by("pk"))


def test_an_invoice_is_issued_at_once_with_all_it_must_say(shop, order):
    invoice = ask(shop, order)
    assert (invoice.number, invoice.status, invoice.issued_at) == ("F-2026-000001", "issued", NOW)
    assert (invoice.net, invoice.tax, invoice.total) == (Decimal("75.41"), Decimal("12.59"), Decimal("88.00"))
    assert invoice.buyer == {
        "name": "Marta Ruiz",
        "tax_id": "12345678Z",
        "address": rows.BUYER.address,
        "country": "ES",
    }
    assert invoice.seller["name"] == "Casa Olmo, S. L."
    assert [line["title"] for line in invoice.lines] == [
        "Plate Arena",
        "Book of bowls",
        invoice.lines[2]["title"],
    ]
    assert invoice.lines[2]["amount"] == "4.10"


def test_it_is_a_milestone_of_the_order_that_rules_can_tell_of(shop, order):
    invoice = ask(shop, order)
    with shop_context(shop.pk):
        assert Milestone.objects.for_shop(shop).get().reference == invoice.number
        assert Transition.objects.for_shop(shop).filter(kind="milestone", after="invoice_issued").count() == 1
        assert Order.objects.for_shop(shop).get().version > order.version


def test_asked_for_twice_it_is_issued_once(shop, order):
    assert ask(shop, order).pk == ask(shop, order).pk
    assert len(kept(shop)) == 1


def test_numbers_go_on_within_the_year_and_begin_anew_after_it(shop):
    numbers = [ask(shop, rows.order(shop)).number for _n in range(2)]
    later = ask(shop, rows.order(shop), now=NOW + timedelta(days=41)).number
    assert [*numbers, later] == ["F-2026-000001", "F-2026-000002", "F-2027-000001"]


def test_a_failed_issue_gives_its_number_back(shop, order):
    with pytest.raises(RuntimeError), shop_context(shop.pk):
        ask(shop, order)
        raise RuntimeError
    assert ask(shop, order).number == "F-2026-000001"


def test_twenty_at_once_take_twenty_numbers_without_a_gap(committed_db):
    shop = rows.invoicing_shop()
    orders = [rows.order(shop) for _n in range(20)]

    def one(order):
        try:
            # Twice each: a shopper who taps again.
            return [ask(shop, order, now=timezone.now()).number for _n in range(2)]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(20) as pool:
        given = list(pool.map(one, orders))
    year = timezone.now().year
    assert sorted({n for pair in given for n in pair}) == [f"F-{year}-{n:06d}" for n in range(1, 21)]
    assert all(first == second for first, second in given)
    with shop_context(shop.pk):
        assert InvoiceSeries.objects.for_shop(shop).get().next_number == 21
        by_number = Invoice.objects.for_shop(shop).order_by("number").values_list("issued_at", flat=True)
        assert list(by_number) == sorted(by_number)


def test_the_database_itself_takes_no_number_twice(shop, order):
    ask(shop, order)
    with pytest.raises(IntegrityError), shop_context(shop.pk):
        Invoice.objects.create(shop=shop, order=order, number="F-2026-000001", currency="EUR", language="es")


def test_a_shop_that_issues_by_hand_is_asked_and_answers(db):
    shop = rows.invoicing_shop(automatic=False)
    order = rows.order(shop)
    asked = ask(shop, order)
    assert (asked.status, asked.number) == ("asked", "")
    issued = invoices.issue(shop=shop, invoice=asked, by=SYSTEM, now=NOW)
    again = invoices.issue(shop=shop, invoice=asked, by=SYSTEM, now=NOW)
    assert issued.number == again.number == "F-2026-000001"
    with shop_context(shop.pk):
        told = Notice.objects.for_shop(shop).order_by("pk").values_list("kind", "recipient")
        assert list(told) == [("invoice_asked", "hola@olmo.example"), ("invoice_ready", "marta@example.com")]


def test_one_refused_can_be_asked_for_again(db):
    shop = rows.invoicing_shop(automatic=False)
    order = rows.order(shop)
    invoices.refuse(shop=shop, invoice=ask(shop, order), reason="Write the whole name", by=SYSTEM, now=NOW)
    again = ask(shop, order)
    assert [(i.status, i.reason) for i in kept(shop)] == [("refused", "Write the whole name"), ("asked", "")]
    assert again.status == "asked"


def test_what_cannot_be_added_up_waits_for_a_person(shop):
    order = rows.order(shop)
    with shop_context(shop.pk):
        order.lines.update(unit_price=None)
        Order.objects.filter(pk=order.pk).update(total=None)
    asked = ask(shop, order)
    assert asked.status == "asked"
    with pytest.raises(Refused, match="price"):
        invoices.issue(shop=shop, invoice=asked, by=SYSTEM, now=NOW)
    with shop_context(shop.pk):
        assert InvoiceSeries.objects.for_shop(shop).count() == 0


@pytest.mark.parametrize("state", ["awaiting_payment", "cancelled"])
def test_what_is_not_paid_for_is_not_invoiced(shop, state):
    with pytest.raises(Refused):
        ask(shop, rows.order(shop, state=state))


def test_an_order_invoiced_by_the_shops_own_system_is_not_invoiced_again(shop, order):
    with shop_context(shop.pk):
        Milestone.objects.create(shop=shop, order=order, code="invoice_issued", at=NOW, reference="ERP-1")
    with pytest.raises(Refused):
        ask(shop, order)


def test_a_credit_note_takes_back_some_and_then_all_of_it(shop, order):
    invoice = ask(shop, order)

    def take(units, once):
        return invoices.take_back(
            shop=shop, invoice=invoice, units=units, reason="Broken", by=SYSTEM, now=NOW, once=once
        )

    first = take({1: 1}, 0)
    assert (first.number, first.total, first.corrects_id) == ("R-2026-000001", Decimal("-9.95"), invoice.pk)
    assert take({1: 1}, 0).pk == first.pk  # the same form, sent twice
    rest = take(None, 1)
    assert first.total + rest.total == -invoice.total
    with pytest.raises(Refused):
        take(None, 2)
    assert kept(shop)[0].total == Decimal("88.00")  # as it was issued
    assert ask(shop, order).number == "F-2026-000002"  # taken back as a whole: another may be issued


def test_all_of_it_is_audited(shop, order):
    invoice = ask(shop, order)
    invoices.take_back(shop=shop, invoice=invoice, units=None, reason="x", by=SYSTEM, now=NOW, once=0)
    with shop_context(shop.pk):
        acts = AuditEntry.objects.for_shop(shop).order_by("id").values_list("action", flat=True)
        assert list(acts) == ["invoicing.changed", "invoice.issued", "invoice.credited"]


def test_a_shop_without_its_particulars_cannot_invoice(db):
    with pytest.raises(Refused) as refused:
        rows.invoicing_shop(legal_name="", rates={})
    assert set(refused.value.fields) == {"legal_name", "rates"}


def test_rates_are_read_and_written_as_people_write_them():
    said = "es 21\nES 10 % SAL-3, SAL-4\n* 0"
    rates = invoice_setup.read_rates(said)
    assert rates == {"ES": "21", "ES:SAL-3": "10", "ES:SAL-4": "10", "": "0"}
    assert invoice_setup.read_rates(invoice_setup.write_rates(rates)) == rates


@pytest.mark.parametrize("said", ["twenty-one", "ES", "XX 21", "ES 121", "* 5 SAL-3"])
def test_a_rate_that_is_none_is_refused(said):
    with pytest.raises(Refused):
        invoice_setup.read_rates(said)


# --- PDF ---


def has_pango() -> bool:
    try:
        weasyprint()
    except PdfUnavailableError:
        return False
    return True


@pytest.mark.skipif(not has_pango(), reason="no Pango on this machine (apt-get install libpango-1.0-0)")
def test_a_worker_makes_the_pdf_once(committed_db):
    shop = rows.invoicing_shop()
    invoice = ask(shop, rows.order(shop))
    assert invoice.next_at == NOW
    assert invoice_files.make_due(now=NOW) == 1
    assert invoice_files.make_due(now=NOW + timedelta(hours=1)) == 0
    (made,) = kept(shop)
    assert bytes(made.pdf).startswith(b"%PDF-")
    assert (made.next_at, made.made_at is not None, made.attempts) == (None, True, 1)
    if shutil.which("pdftotext"):
        text = subprocess.run(
            ["pdftotext", "-layout", "-", "-"],  # noqa: S607
            input=bytes(made.pdf), capture_output=True, check=True,
        ).stdout.decode()  # fmt: skip
        for said in ("F-2026-000001", "Casa Olmo, S. L.", "A58818501", "Marta Ruiz", "12345678Z", "Plate Arena",
                     "88,00", "12345678Z", "IVA 21", "IVA 4"):  # fmt: skip
            assert said in text, said


def test_where_pdf_cannot_be_drawn_it_waits_and_counts_no_attempt(committed_db):
    shop = rows.invoicing_shop()
    ask(shop, rows.order(shop))

    def cannot(document):
        raise PdfUnavailableError

    assert invoice_files.make_due(now=NOW, make=cannot) == 0
    (waiting,) = kept(shop)
    assert (waiting.attempts, waiting.pdf) == (0, None)
    assert waiting.next_at > NOW + timedelta(minutes=59)


def test_one_that_breaks_the_drawing_is_tried_eight_times(committed_db):
    shop = rows.invoicing_shop()
    ask(shop, rows.order(shop))
    tries = []

    def breaks(document):
        tries.append(1)
        raise ValueError

    for hour in range(12):
        invoice_files.make_due(now=NOW + timedelta(hours=hour), make=breaks)
    assert len(tries) == 8
    assert kept(shop)[0].next_at is None


def test_one_shops_many_do_not_keep_another_waiting(committed_db):
    many, one = rows.invoicing_shop(), rows.invoicing_shop()
    for _n in range(12):
        ask(many, rows.order(many))
    ask(one, rows.order(one), now=NOW + timedelta(seconds=1))
    seen = []

    def draw(document):
        seen.append(document.html)
        return b"%PDF-"

    invoice_files.make_due(now=NOW + timedelta(seconds=2), make=draw)
    assert len(seen) == 13
    place = next(n for n, html in enumerate(seen) if one.name in html)
    assert place < 4


def test_the_document_escapes_what_people_wrote_and_fetches_nothing(shop, order):
    buyer = invoices.Buyer("<script>alert(1)</script>", "", '<img src="https://evil.example/x.png">', "ES")
    invoice = ask(shop, order, buyer=buyer)
    with shop_context(shop.pk):
        from tenants.models import Brand

        document = document_of(invoice, shop, Brand.objects.for_shop(shop).get())
    assert "<script>" not in document.html
    assert "https://evil.example" in document.html  # as text
    assert '<img src="https' not in document.html
    if has_pango():
        assert pdf_of(document).startswith(b"%PDF-")
