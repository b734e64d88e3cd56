"""What an invoice adds up to: always to the order's total, and a credit note never takes back more."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracking.invoicing import Bought, CannotInvoiceError, add_up, credit, left_of, rate_for

RATES = {"ES": "21", "ES:TEA": "10", "ES:BOOK": "4", "": "0"}
cents = st.integers(0, 500_000).map(lambda n: Decimal(n) / 100)
articles = st.lists(
    st.builds(Bought, title=st.just("x"), quantity=st.integers(1, 9), unit_price=cents.map(lambda c: c + 1),
              sku=st.sampled_from(["", "TEA", "BOOK"])),
    min_size=1, max_size=6,
)  # fmt: skip


def of(bought, total=None, includes_tax=True, country="ES"):
    return add_up(bought, total=total, rates=RATES, country=country, includes_tax=includes_tax)


def test_tax_is_taken_out_of_prices_that_include_it():
    sums = of([Bought("Plate", 1, Decimal("64")), Bought("Book", 2, Decimal("9.95"), sku="BOOK")])
    assert [(t.rate, t.net, t.tax) for t in sums.taxes] == [
        (21, Decimal("52.89"), Decimal("11.11")),
        (4, Decimal("19.13"), Decimal("0.77")),
    ]
    assert (sums.net, sums.tax, sums.total) == (Decimal("72.02"), Decimal("11.88"), Decimal("83.90"))


def test_tax_is_put_upon_prices_that_do_not():
    sums = of([Bought("Plate", 3, Decimal("9.99"))], includes_tax=False)
    assert (sums.net, sums.tax, sums.total) == (Decimal("29.97"), Decimal("6.29"), Decimal("36.26"))


def test_what_the_order_cost_beyond_its_articles_is_a_charge_at_the_countrys_rate():
    sums = of([Bought("Book", 1, Decimal("10"), sku="BOOK")], total=Decimal("14.10"))
    assert [(x.kind, x.amount, x.rate) for x in sums.lines] == [
        ("article", Decimal("10.00"), 4),
        ("charge", Decimal("4.10"), 21),
    ]
    assert sums.total == Decimal("14.10")


def test_a_discount_is_shared_out_over_the_rates():
    sums = of(
        [Bought("Plate", 1, Decimal("60")), Bought("Book", 1, Decimal("40"), sku="BOOK")], total=Decimal("90")
    )
    assert [(x.kind, x.amount, x.rate) for x in sums.lines[2:]] == [
        ("discount", Decimal("-4.00"), 4),
        ("discount", Decimal("-6.00"), 21),
    ]
    assert [t.gross for t in sums.taxes] == [Decimal("54.00"), Decimal("36.00")]


def test_articles_without_prices_are_invoiced_as_a_whole_where_all_are_taxed_alike():
    sums = of([Bought("Plate", 1, None), Bought("Jug", 1, Decimal("9"))], total=Decimal("50"))
    assert [(x.kind, x.title, x.amount) for x in sums.lines] == [("whole", "Plate, Jug", Decimal("50.00"))]


@pytest.mark.parametrize(
    "bought,country,why",
    [
        ([Bought("Plate", 1, None)], "ES", "prices"),
        ([Bought("Plate", 0, Decimal(1))], "ES", "nothing"),
        ([], "ES", "nothing"),
    ],
)
def test_what_cannot_be_invoiced_is_said(bought, country, why):
    with pytest.raises(CannotInvoiceError) as refused:
        of(bought, country=country)
    assert refused.value.why == why


def test_a_country_without_a_rate_is_refused_and_never_guessed():
    with pytest.raises(CannotInvoiceError, match="rate"):
        add_up(
            [Bought("Plate", 1, Decimal(1))], total=None, rates={"ES": "21"}, country="US", includes_tax=True
        )


def test_an_articles_own_rate_counts_for_more_than_its_countrys():
    assert (rate_for(RATES, "ES", "TEA"), rate_for(RATES, "ES"), rate_for(RATES, "FR", "TEA")) == (10, 21, 0)


def test_money_without_cents_has_none_on_the_invoice():
    sums = add_up(
        [Bought("Mate", 1, Decimal("99999"))], total=None, rates={"PY": "10"}, country="PY", includes_tax=True, places=0
    )  # fmt: skip
    assert (sums.net, sums.tax, sums.total) == (90908, 9091, 99999)


@given(articles, st.booleans())
def test_net_and_tax_are_the_total_and_that_is_what_the_articles_cost(bought, includes_tax):
    sums = of(bought, includes_tax=includes_tax)
    assert sums.net + sums.tax == sums.total
    amounts = sum(x.amount for x in sums.lines)
    assert amounts == (sums.total if includes_tax else sums.net)


@given(articles, cents.map(lambda c: c + 1), st.booleans())
def test_the_total_is_the_orders_whatever_the_articles_come_to(bought, total, includes_tax):
    sums = of(bought, total=total, includes_tax=includes_tax)
    articles = sum(x.amount for x in sums.lines if x.kind == "article")
    if not includes_tax and total == articles:
        return  # the order's total is its articles' before tax
    assert sums.total == total
    assert sum(x.amount for x in sums.lines) == (sums.total if includes_tax else sums.net)


@given(articles, st.booleans(), st.lists(st.dictionaries(st.integers(0, 5), st.integers(1, 9)), max_size=4))
def test_credit_notes_take_back_all_and_never_more(bought, includes_tax, parts):
    sums = of(bought, includes_tax=includes_tax)
    notes = []
    for units in parts:
        left = left_of(sums, notes)
        try:
            notes.append(credit(left, units, includes_tax=includes_tax))
        except CannotInvoiceError:
            continue
        after = left_of(sums, notes)
        assert all(x.quantity >= 0 for x in after.lines)
        assert after.total >= 0
    left = left_of(sums, notes)
    if any(x.quantity for x in left.lines):
        notes.append(credit(left, includes_tax=includes_tax))
    empty = left_of(sums, notes)
    assert (empty.net, empty.tax, empty.total) == (0, 0, 0)
    assert all(note.total == note.net + note.tax for note in notes)
