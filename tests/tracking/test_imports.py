"""Files of orders: read however they are written, understood, taken in by pieces, and once."""

from __future__ import annotations

import codecs
import contextlib
import csv
import gzip
import io
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from carriers.types import SubStatus
from tenants.isolation import shop_context
from tenants.services import SYSTEM, Actor
from tests import make
from tracking.imports import files, refused, values
from tracking.imports.columns import guessed
from tracking.imports.files import Layout, UnreadableFileError
from tracking.imports.grouping import Refusal, reasons
from tracking.imports.meanings import meaning_of
from tracking.imports.orders import readings
from tracking.imports.plan import Plan, guess
from tracking.models import (
    ImportJob,
    ImportRefusal,
    Milestone,
    Order,
    OrderLine,
    Poll,
    Shipment,
    TrackingEvent,
    Transition,
)
from tracking.parcels import UNTRACKED
from tracking.services import import_runs, importing, imports
from tracking.services.intake import upsert_orders

NOW = make.NOW
MADRID = ZoneInfo("Europe/Madrid")
AGENT = Actor("user:7", "agent", "10.0.0.1")


def read(data: bytes | str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    data = data.encode() if isinstance(data, str) else data
    text = files.unpacked(data)
    table = files.read(io.BytesIO(text), files.layout_of(text))
    return table.columns, [tuple(record) for record in table.records]


def read_orders(text: str, **options):
    """The readings of a small file, by a guess and what the test says otherwise."""
    table = files.read(io.BytesIO(text.encode()), files.layout_of(text.encode()))
    records = list(table.records)
    plan = guess(table.columns, records, time_zone="Europe/Madrid", country="ES", now=NOW)
    plan = Plan(**{name: getattr(plan, name) for name in Plan.__dataclass_fields__} | options)
    return list(readings(table.columns, records, plan))


# --- How a file is written ---

ROWS = [["Nº pedido", "Cliente", "Total"], ["1", "Muñoz, José", "12,50 €"], ["2", "Ana «la» Díaz", "3,00 €"]]


def written(delimiter: str, encoding: str, newline: str = "\r\n") -> bytes:
    quoted = [[f'"{cell}"' if any(c in cell for c in ',;|\t"\n') else cell for cell in row] for row in ROWS]
    return newline.join(delimiter.join(row) for row in quoted).encode(encoding)


@pytest.mark.parametrize("delimiter", files.DELIMITERS)
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "cp1252", "latin-1", "utf-16", "utf-16-le", "utf-16-be"]
)
def test_a_file_is_read_however_it_is_written(delimiter, encoding):
    encoding_of_it = encoding if encoding != "latin-1" else "latin-1"
    rows = (
        written(delimiter, encoding_of_it)
        if encoding != "latin-1"
        else written(delimiter, "cp1252").replace("€".encode("cp1252"), b"EUR")
    )
    columns, records = read(rows)
    assert columns == ROWS[0]
    assert [cells[1] for _row, cells in records] == ["Muñoz, José", "Ana «la» Díaz"]
    assert [row for row, _cells in records] == [2, 3]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_lines_end_as_they_like(newline):
    assert len(read(written(";", "utf-8", newline))[1]) == 2


def test_a_packed_file_is_unpacked():
    assert read(gzip.compress(written(",", "utf-8"))) == read(written(",", "utf-8"))


def test_quotes_may_hold_lines_and_separators():
    _columns, records = read('a,b\n1,"Calle 3,\n2º B ""izq"""\n2,x\n')
    assert records == [(2, ["1", 'Calle 3,\n2º B "izq"']), (3, ["2", "x"])]


def test_blank_rows_are_passed_over_and_still_counted_as_a_spreadsheet_does():
    _columns, records = read("a,b\n\n1,2\n,\n   ,\n3,4\n")
    assert records == [(3, ["1", "2"]), (6, ["3", "4"])]


def test_excels_own_first_line_names_the_separator():
    columns, records = read("sep=|\na|b;c\n1|2;3\n")
    assert columns == ["a", "b;c"]
    assert records == [(2, ["1", "2;3"])]


def test_columns_are_told_apart():
    columns, _records = read("city,,city,City\n1,2,3,4\n")
    assert columns == ["city", "Column 2", "city (2)", "City"]


def test_a_few_broken_letters_do_not_garble_the_rest():
    text = "número,nombre\n" + "1,Peña\n" * 50
    columns, records = read(text.encode() + b"51,Pe\xf1a\n")
    assert columns == ["número", "nombre"]
    assert records[0][1] == ["1", "Peña"]
    assert records[-1][1] == ["51", "Pe\ufffda"]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (b"\n \n", "empty"),
        (codecs.BOM_UTF8, "empty"),
        (b"PK\x03\x04rest", "CSV UTF-8"),
        (b"\xd0\xcf\x11\xe0\xa1", "CSV UTF-8"),
        (b"%PDF-1.7", "PDF"),
        (b"\x1f\x8bgarbage", "damaged"),
        (gzip.compress(b"a,b\n" + b"x" * 1000, mtime=0)[:-6], "damaged"),
        (b"a\x00\x01\x02b\xff\xfe" * 10, "not a text file"),
        (b",".join([b"x"] * 500), "500 cells"),
        (b'a,b\n1,"open\n' + b"2,x\n" * 10, "row 2"),
        (b'a,b\n1,"open\n' + b"2,x\n" * 5000, "row 2"),
        (b'a,b\n1,"' + b"y" * 200_000, "row 2"),
    ],
)
def test_what_is_no_file_of_orders_is_said_to_be_none(data, said):
    with pytest.raises(UnreadableFileError, match=said):
        read(data)


def test_a_file_too_large_is_refused_before_it_is_unpacked_whole():
    bomb = gzip.compress(b"a" * 3_000_000)
    with pytest.raises(UnreadableFileError, match="2 MB"):
        files.unpacked(bomb, most=2 * 1024 * 1024)


@given(st.binary(max_size=400))
def test_no_bytes_break_the_reader(data):
    try:
        read(data)
    except UnreadableFileError as error:
        assert str(error)


@given(
    st.lists(
        st.lists(st.text(st.characters(codec="utf-8"), max_size=12), min_size=2, max_size=2),
        min_size=1,
        max_size=6,
    )
)
def test_refused_rows_come_back_as_they_were(rows):
    """The file of refused rows is one of orders again: what was guarded against spreadsheets is taken off."""
    columns = ["number", "city"]
    text = refused.heading(columns, delimiter=";") + "".join(
        refused.lines(columns, [(n, cells, "why") for n, cells in enumerate(rows, 2)], delimiter=";")
    )
    for record in csv.reader(io.StringIO(text, newline=""), delimiter=";"):
        assert not any(cell.startswith(refused.FORMULAS) for cell in record)
    table = files.read(io.BytesIO(text.encode()), Layout("utf-8", ";"))
    assert table.columns[:2] == columns
    assert [record.cells[:2] for record in table.records] == [
        [files._unguarded(cell) for cell in cells] for cells in rows
    ]


# --- What is in a cell ---


@pytest.mark.parametrize(
    "text",
    [
        "2016-09-04 21:15:19", "2016-09-04T21:15:19+02:00", "2016-09-04T19:15:19Z", "2016-09-04 16:15:19 -0300",
        "04/09/2016 21:15:19", "4.9.2016 21:15:19", "04-09-16 21:15:19", "20160904 21:15:19", "4/9/2016 9:15:19 PM",
        "4/9/2016 9:15:19 p. m.", "1473016519", "1473016519000", "4 sept 2016 21:15:19", "4 Sep. 2016, 21:15:19",
        "Sep 4, 2016 21:15:19", "4 de septiembre de 2016, 21:15:19", "4 septembre 2016 à 21:15:19",
        "2016/09/04 19:15:19 UTC", "42617.8856365741",
    ],
)  # fmt: skip
def test_a_moment_is_understood(text):
    at = values.moment(text, zone=MADRID, day_first=True, without_hour=time(12))
    assert abs(at - datetime(2016, 9, 4, 19, 15, 19, tzinfo=UTC)) < timedelta(seconds=1)


@pytest.mark.parametrize("text", ["2016-09-04", "4/9/2016", "42617", "4 de septiembre de 2016", "20160904"])
def test_a_day_without_an_hour_is_noon(text):
    at = values.moment(text, zone=MADRID, day_first=True, without_hour=time(12))
    assert at == datetime(2016, 9, 4, 10, tzinfo=UTC)
    assert values.day(text, day_first=True) == date(2016, 9, 4)


@pytest.mark.parametrize(
    "text", ["hoy", "2016-13-45", "99/99/2016", "2016-09-04 99:99", "12:30", "2016-09-04 x7", "7"]
)
def test_what_is_no_moment_is_none(text):
    with pytest.raises(ValueError):
        values.moment(text, zone=MADRID, day_first=True, without_hour=time(12))


@given(st.text(max_size=30), st.booleans())
def test_no_text_breaks_the_understanding_of_a_cell(text, flag):
    for how in (
        lambda: values.moment(text, zone=MADRID, day_first=flag, without_hour=time()),
        lambda: values.day(text, day_first=flag),
        lambda: values.amount(text, decimal_comma=flag),
        lambda: values.whole(text),
        lambda: values.country(text),
    ):
        with contextlib.suppress(ValueError, OverflowError):
            how()


def test_day_or_month_first_is_found_out():
    assert values.is_day_first(["04/09/2016", "25/09/2016"], otherwise=False)
    assert not values.is_day_first(["04/09/2016", "09/25/2016"], otherwise=True)
    assert values.is_day_first(["2016-09-04"], otherwise=True)
    # One that can only be the other way round is read so.
    assert values.day("09/25/2016", day_first=True) == date(2016, 9, 25)


@pytest.mark.parametrize(
    ("text", "comma", "amount"),
    [
        ("72.89", False, "72.89"), ("1.234,56", True, "1234.56"), ("1,234.56", False, "1234.56"),
        ("1.234", True, "1234"), ("1.234", False, "1.234"), ("1,234", False, "1234"), ("12,5", False, "12.5"),
        ("€ 49.90", False, "49.9"), ("R$ 1.234.567,00", True, "1234567"), ("134.97000000000003", False, "134.97"),
        ("-5", False, "-5"), ("(5,00)", True, "-5"), (".5", False, "0.5"), ("Rs.500", False, "500"),
        ("1'234.50", False, "1234.5"), ("49.90 EUR", True, "49.9"), ("0", True, "0"),
    ],
)  # fmt: skip
def test_an_amount_is_understood_exactly(text, comma, amount):
    assert values.amount(text, decimal_comma=comma) == Decimal(amount)


@pytest.mark.parametrize("text", ["abc", "", "1-2", "=1+1", "1+1", "12.34.56,78,9", "9" * 30, ".", "5 or 6"])
def test_what_is_no_amount_is_none(text):
    with pytest.raises(ValueError):
        values.amount(text, decimal_comma=False)


def test_countries_have_names_in_many_languages():
    named = ["España", "spain", "ESP", "es", "Royaume-Uni", "Brasil", "USA"]
    assert [values.country(name) for name in named] == ["ES", "ES", "ES", "ES", "GB", "BR", "US"]
    assert values.country("Atlantis") == "Atlantis"


@pytest.mark.parametrize("cell", ["", " ", "NULL", "nan", "N/A", "-", "0000-00-00 00:00:00"])
def test_some_programs_write_out_that_there_is_nothing(cell):
    assert values.said(cell) == ""


@pytest.mark.parametrize(
    ("columns", "mapping"),
    [
        ("Nº de pedido;Fecha;Nombre;Apellidos;CP;Población;Nº seguimiento;Estado",
         "number placed_at customer_name customer_surname postal_code city tracking_number status"),
        ("Order ID;orderDate;Customer Email;Zip;State;City;Carrier",
         "number placed_at customer_email postal_code region city carrier"),
        ("N° de commande;Date de commande;Adresse e-mail;Ville;Statut;Date de livraison prévue",
         "number placed_at customer_email city status promised_date"),
        ("Número do pedido;Data do pedido;Cidade;CEP;Código de rastreio;Valor total",
         "number placed_at city postal_code tracking_number total"),
    ],
)  # fmt: skip
def test_columns_are_recognised_by_their_names(columns, mapping):
    names = columns.split(";")
    assert guessed(names) == {field: names[n] for n, field in enumerate(mapping.split())}


def test_a_column_is_used_once():
    mapping = guessed(["Order", "Order number", "Date"])
    assert mapping == {"number": "Order number", "placed_at": "Date"}


@pytest.mark.parametrize(
    ("word", "meaning"),
    [("En Preparación", "preparing"), ("CANCELED", "cancelled"), ("Entregue", "delivered"), ("livrée", "delivered"),
     ("out_for_delivery", "out_for_delivery"), ("unavailable", "awaiting_stock"), ("配送済み", None), ("", None)],
)  # fmt: skip
def test_words_for_states_are_known_in_several_languages(word, meaning):
    assert meaning_of(word, {}) == meaning


def test_what_a_person_chose_counts_for_more():
    assert meaning_of("Completed", {"completed": "preparing"}) == "preparing"
    assert meaning_of("配送済み", {"配送済み": "delivered"}) == "delivered"


# --- Rows into orders ---


@pytest.mark.parametrize(("said", "wanted"), [("Sí", True), ("no", False), ("", None), ("TRUE", True)])
def test_a_row_says_which_coupons_were_used_and_whether_offers_are_wanted(said, wanted):
    (reading,) = read_orders(f"Nº pedido;Fecha;Cupón;Acepta publicidad\n1042;20/11/2026;HOLA10, VIP;{said}\n")

    assert (reading.order.coupons, reading.order.wants_marketing) == (("HOLA10", "VIP"), wanted)


def test_what_is_neither_yes_nor_no_is_refused():
    (refusal,) = read_orders("Nº pedido;Fecha;Acepta publicidad\n1042;20/11/2026;quizá\n")

    assert refusal.fields == {"wants_marketing": ["“quizá” is neither yes nor no."]}


def test_a_row_becomes_an_order():
    (reading,) = read_orders(
        "Nº pedido;Fecha;Total;Nombre;Apellidos;País;Etiquetas;Fecha prometida\n"
        "1042;20/11/2026 10:30;1.049,90;Marta;Ruiz;España;vip, regalo;25/11/2026\n",
    )
    order = reading.order
    assert order.number == "1042"
    assert order.placed_at == datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
    assert order.total == Decimal("1049.90")
    assert order.customer_name == "Marta Ruiz"
    assert order.country == "ES"
    assert order.tags == ("vip", "regalo")
    assert order.asserted is None


def test_an_empty_cell_says_nothing():
    (reading,) = read_orders("number,date,city,total\n1,2026-11-20,,\n")
    assert reading.order.city is None
    assert reading.order.total is None


def test_rows_of_one_order_hold_its_articles():
    one, two = read_orders(
        "Name,Created at,Lineitem name,Lineitem quantity,Lineitem price,Lineitem sku,City\n"
        "#1,2026-11-20 10:00:00 +0100,Taza,2,12.50,TAZ,Soria\n"
        "#1,,Plato,1,9.90,PLA,\n"
        "#2,2026-11-20 11:00:00 +0100,Taza,1,12.50,TAZ,\n",
        columns={
            "number": "Name", "placed_at": "Created at", "line_title": "Lineitem name", "city": "City",
            "line_quantity": "Lineitem quantity", "line_price": "Lineitem price", "line_sku": "Lineitem sku",
        },
    )  # fmt: skip
    assert [(line.title, line.quantity, line.unit_price) for line in one.order.lines] == [
        ("Taza", 2, Decimal("12.5")),
        ("Plato", 1, Decimal("9.9")),
    ]
    assert one.order.city == "Soria"
    assert [record.row for record in one.records] == [2, 3]
    assert len(two.order.lines) == 1


def test_rows_of_an_order_that_stand_apart_are_refused_not_lost():
    first, second, again = read_orders("order,date,sku\n1,2026-11-20,A\n2,2026-11-20,B\n1,2026-11-20,C\n")
    assert isinstance(again, Refusal)
    assert "sort the file" in again.fields["number"][0]
    assert not isinstance(first, Refusal) and not isinstance(second, Refusal)


def test_a_row_with_too_many_cells_is_refused_and_one_with_too_few_is_not():
    wide, narrow, padded = read_orders(
        "number,date,city\n1,2026-11-20,Calle 3, Soria\n2,2026-11-20\n3,2026-11-20,Soria,,\n"
    )
    assert isinstance(wide, Refusal)
    assert "4 cells" in wide.fields[""][0]
    assert narrow.order.number == "2"
    assert padded.order.city == "Soria"


def test_everything_wrong_with_a_row_is_said_beside_the_names_of_its_columns():
    (refusal,) = read_orders(
        "Pedido;Fecha;Importe;Bultos;Estado;Entregado el\n1;ayer;mucho;dos;???;2031-01-01\n",
        statuses={},
    )
    assert isinstance(refusal, Refusal)
    plan = Plan(
        columns={"placed_at": "Fecha", "total": "Importe", "expected_parcels": "Bultos"}, time_zone="UTC"
    )
    text = reasons(refusal.fields, plan)
    assert "Fecha: “ayer” is not a date and a time we can read." in text
    assert "Importe: “mucho” is not an amount." in text
    assert "Bultos: “dos” is not a whole number." in text
    assert set(refusal.fields) == {"placed_at", "total", "expected_parcels", "delivered_at", "status"}


def test_a_state_nobody_explained_is_refused():
    known, unknown = read_orders("number,date,status\n1,2026-11-20,shipped\n2,2026-11-20,zzz\n")
    assert known.order.asserted == "shipped"
    assert "“zzz”" in unknown.fields["status"][0]


PICKED, DELIVERED, RETURNED = SubStatus.PICKED_UP, SubStatus.DELIVERED, SubStatus.RETURNED


@pytest.mark.parametrize(
    ("handed", "delivered", "returned", "steps"),
    [
        ("20", "", "", [PICKED]),
        ("", "21", "", [DELIVERED]),
        ("20", "21", "", [PICKED, DELIVERED]),
        ("21", "20", "", [DELIVERED]),  # delivered before it was handed over: it is delivered
        ("20", "20", "", [DELIVERED]),
        ("18", "19", "20", [PICKED, DELIVERED, RETURNED]),
        ("18", "20", "19", [PICKED, RETURNED]),
        ("", "", "", []),
    ],
)
def test_dates_become_the_shops_own_events_in_the_order_in_which_such_things_happen(
    handed, delivered, returned, steps
):
    days = [f"2026-11-{d} 10:00:00" if d else "" for d in (handed, delivered, returned)]
    (reading,) = read_orders(
        f"number,date,shipped at,delivered at,returned at\n1,2026-11-10,{','.join(days)}\n"
    )
    events = [event for told in reading.parcels for event in told.events]
    assert [event.sub_status for event in events] == steps
    assert {event.source for event in events} <= {"shop"}
    if handed:
        assert reading.order.shipments[0].handed_over_at == datetime(2026, 11, int(handed), 9, tzinfo=UTC)


def test_a_parcel_without_a_tracking_number_goes_by_the_orders_own():
    one, two = read_orders(
        "number,date,shipped at,parcels\n1,2026-11-10,2026-11-11,\n2,2026-11-10,2026-11-11,3\n"
    )
    assert [(s.carrier, s.number) for s in one.order.shipments] == [(UNTRACKED, "1")]
    assert [(s.carrier, s.number) for s in two.order.shipments] == [(UNTRACKED, f"2-{n}") for n in (1, 2, 3)]


def test_tracking_numbers_are_parcels_of_their_carriers():
    (reading,) = read_orders(
        'number,date,carrier,tracking number\n1,2026-11-10,Correos ES,"PQ1, PQ2;PQ1"\n',
    )
    assert [(s.carrier, s.number) for s in reading.order.shipments] == [
        ("Correos ES", "PQ1"),
        ("Correos ES", "PQ2"),
    ]


def test_today_without_an_hour_is_not_in_the_future():
    (reading,) = read_orders(
        "number,date,delivered at\n1,2026-11-20,2026-11-21\n", now=NOW - timedelta(hours=4)
    )
    (event,) = reading.parcels[0].events
    assert event.occurred_at == datetime(2026, 11, 20, 23, tzinfo=UTC)  # midnight in Madrid


# --- Taken in ---


@pytest.fixture
def shop(db):
    return make.shop()


def take(shop, text, *, history=True, now=NOW, **options):
    found = read_orders(text, now=now, **options)
    return importing.take(shop=shop, found=found, now=now, history=history)


FILE = (
    "number,date,status,paid at,shipped at,delivered at,tracking number,carrier\n"
    "1,2026-11-01,delivered,2026-11-01 10:00:00,2026-11-02 10:00:00,2026-11-04 10:00:00,,\n"
    "2,2026-11-10,shipped,2026-11-10 10:00:00,2026-11-19 10:00:00,,,\n"
    "3,2026-11-20,preparing,2026-11-20 10:00:00,,,,\n"
    "4,2026-11-18,canceled,2026-11-18 10:00:00,,,,\n"
    "5,2026-11-18,canceled,2026-11-18 10:00:00,2026-11-19 10:00:00,,,\n"
    "6,2026-11-19,delivered,,,,JD0001,dhl\n"
    "7,2026-11-19,invoiced,2026-11-19 10:00:00,,,,\n"
    "8,2026-11-20,delivered,2026-11-20 10:00:00,2026-11-20 18:00:00,2026-11-20 12:00:00,,\n"
)


def test_orders_end_where_a_person_would_expect(shop):
    outcome = take(shop, FILE)

    assert (outcome.created, outcome.refused, outcome.rows) == (8, 0, 8)
    with shop_context(shop.pk):
        states = {o.number: (o.state, o.health) for o in Order.objects.all()}
        assert states == {
            "1": ("completed", "on_track"),
            "2": ("shipped", "on_track"),
            "3": ("preparing", "on_track"),
            "4": ("cancelled", "on_track"),
            "5": ("shipped", "attention"),  # cancelled when it had left: somebody has to look
            "6": ("delivered", "on_track"),
            "7": ("preparing", "on_track"),
            "8": ("delivered", "on_track"),  # delivered before it was handed over
        }
        assert Milestone.objects.get().order.number == "7"
        parcel = Shipment.objects.get(order__number="8")
        assert parcel.handed_over_at == datetime(2026, 11, 20, 17, tzinfo=UTC)  # kept as it was said
        assert parcel.delivered_at == datetime(2026, 11, 20, 11, tzinfo=UTC)


def test_nobody_is_told_of_the_past_nor_asked_about_parcels_without_a_number(shop):
    with shop_context(shop.pk):
        make.account(shop, "17track")
    take(shop, FILE)
    with shop_context(shop.pk):
        assert Transition.objects.filter(announced_at=None).count() == 0
        assert set(Transition.objects.values_list("quiet", flat=True)) == {"history"}
        # Only the parcel with a number is asked about, though an aggregator would take any.
        assert [poll.shipment.number for poll in Poll.objects.all()] == ["JD0001"]


def test_the_same_file_again_changes_nothing(shop):
    take(shop, FILE)
    with shop_context(shop.pk):
        before = list(Order.objects.order_by("pk").values()), TrackingEvent.objects.count()
    again = take(shop, FILE, now=NOW + timedelta(hours=1))
    assert (again.created, again.updated, again.unchanged, again.refused) == (0, 0, 8, 0)
    with shop_context(shop.pk):
        assert (list(Order.objects.order_by("pk").values()), TrackingEvent.objects.count()) == before


def test_a_later_file_moves_on_what_it_knows_more_of(shop):
    take(shop, FILE)
    later = take(
        shop,
        "number,date,status,shipped at,delivered at\n2,2026-11-10,delivered,2026-11-19 10:00:00,2026-11-21 09:00:00\n"
        "3,2026-11-20,shipped,2026-11-21 11:00:00,\n",
    )
    assert (later.updated, later.unchanged) == (2, 0)
    with shop_context(shop.pk):
        assert Order.objects.get(number="2").state == "delivered"
        assert Order.objects.get(number="3").state == "shipped"
        assert not Transition.objects.filter(announced_at=None).exists()


def test_with_leave_shoppers_are_told_of_what_is_new_in_orders_known_already(shop):
    take(shop, FILE)
    tomorrow = NOW + timedelta(days=1)
    news = (
        "number,date,status,shipped at,delivered at\n"
        "2,2026-11-10,delivered,2026-11-19 10:00:00,2026-11-22 09:00:00\n"
        "3,2026-11-20,shipped,,\n"
        "9,2026-11-01,delivered,2026-11-02,2026-11-21\n"  # not known here until now: its past is nobody's news
    )
    take(shop, news, history=False, now=tomorrow)
    with shop_context(shop.pk):
        told = Transition.objects.filter(announced_at=None, kind="order")
        assert sorted(told.values_list("order__number", "after")) == [("2", "delivered"), ("3", "shipped")]
    take(shop, news, history=False, now=tomorrow + timedelta(hours=1))
    with shop_context(shop.pk):
        assert Transition.objects.filter(announced_at=None, kind="order").count() == 2


def test_what_a_carrier_can_be_asked_is_not_made_up(shop):
    """“Delivered”, without a date: the scans will tell, and an event of ours in the past would confuse them."""
    with shop_context(shop.pk):
        make.account(shop, "dhl")
    take(shop, FILE)
    with shop_context(shop.pk):
        assert not TrackingEvent.objects.filter(shipment__number="JD0001").exists()
        assert Order.objects.get(number="6").state == "shipped"


def test_a_chunk_costs_the_same_statements_however_long(shop):
    def statements(count, offset):
        rows = "".join(f"{offset + n},2026-11-01,delivered,2026-11-02,2026-11-04\n" for n in range(count))
        with CaptureQueriesContext(connection) as captured:
            take(shop, "number,date,status,shipped at,delivered at\n" + rows)
        return len(captured)

    assert statements(2, 0) == statements(120, 1000)


def test_a_check_says_what_would_happen_and_writes_nothing(shop):
    take(shop, FILE)
    found = read_orders(
        "number,date,country\n1,2026-11-01,ES\n10,2026-11-01,ES\n11,2026-11-01,Atlantis\n12,,ES\n"
    )
    with CaptureQueriesContext(connection) as captured:
        outcome = importing.check(shop=shop, found=found, now=NOW)
    assert (outcome.created, outcome.updated, outcome.refused) == (1, 1, 2)
    assert [list(refusal.fields) for refusal in outcome.refusals] == [["country"], ["placed_at"]]
    assert not any(query["sql"].startswith(("INSERT", "UPDATE")) for query in captured)


# --- A file on its way in ---


def start(shop, text=FILE, name="pedidos.csv"):
    return imports.start(shop=shop, name=name, data=text.encode(), by=AGENT, language="en", now=NOW)


def again(shop, job) -> ImportJob:
    with shop_context(shop.pk):
        return ImportJob.objects.get(pk=job.pk)


def run(now=NOW, times=20):
    for n in range(times):
        if not imports.run_due(now + timedelta(minutes=2 * n)):
            return


@pytest.fixture
def a_shop(committed_db):
    return make.shop()


def test_a_file_goes_from_the_upload_to_the_last_row(a_shop):
    job = start(a_shop)
    assert (job.stage, job.rows, job.encoding, job.delimiter) == ("mapping", 8, "utf-8", ",")
    assert job.mapping["delivered_at"] == "delivered at"
    assert job.created_by == "user:7"
    assert imports.run_due(NOW) == 0  # nobody has said which column is what

    assert imports.plan(shop=a_shop, job=job, columns=job.mapping, options=job.options)
    run()
    checked = again(a_shop, job)
    assert (checked.stage, checked.created, checked.refused, checked.rows_done) == ("checked", 8, 0, 8)
    with shop_context(a_shop.pk):
        assert not Order.objects.exists()

    assert imports.go(shop=a_shop, job=job, by=AGENT, now=NOW)
    assert not imports.go(shop=a_shop, job=job, by=AGENT, now=NOW)
    run()
    done = again(a_shop, job)
    assert (done.stage, done.created, done.rows_done, done.claims) == ("done", 8, 8, 0)
    assert done.content is None
    assert done.finished_at is not None
    with shop_context(a_shop.pk):
        assert Order.objects.count() == 8
    assert imports.run_due(NOW + timedelta(hours=1)) == 0


def test_refused_rows_are_kept_with_their_reason(a_shop):
    text = "Pedido;Fecha;País\n1;20/11/2026;España\n2;ayer;España\n3;20/11/2026;Atlantis\n"
    job = start(a_shop, text)
    imports.plan(shop=a_shop, job=job, columns=job.mapping, options=job.options)
    run()
    imports.go(shop=a_shop, job=again(a_shop, job), by=AGENT, now=NOW)
    run()
    done = again(a_shop, job)
    assert (done.stage, done.created, done.refused) == ("done", 1, 2)
    with shop_context(a_shop.pk):
        rows = [(r.row, r.reason, r.values["Pedido"]) for r in ImportRefusal.objects.all()]
    assert rows == [
        (3, "Fecha: “ayer” is not a date and a time we can read.", "2"),
        (4, "País: Write the country as its two letters, like ES, FR or BR.", "3"),
    ]


def going(shop, text, monkeypatch, chunk=2):
    """A job on the point of being taken in, in pieces of `chunk` orders."""
    monkeypatch.setattr(import_runs, "CHUNK", chunk)
    job = start(shop, text)
    imports.plan(shop=shop, job=job, columns=job.mapping, options=job.options)
    run()
    imports.go(shop=shop, job=again(shop, job), by=AGENT, now=NOW)
    return job


def test_a_worker_killed_in_the_middle_is_gone_on_for(a_shop, monkeypatch):
    job = going(a_shop, FILE, monkeypatch)
    taken = importing.take
    calls = []

    def killed(**kwargs):
        calls.append(len(kwargs["found"]))
        outcome = taken(**kwargs)
        if len(calls) == 3:
            raise SystemExit  # as by -9: after the work, before the commit
        return outcome

    monkeypatch.setattr(import_runs, "take", killed)
    with pytest.raises(SystemExit):
        imports.run_due(NOW)
    half = again(a_shop, job)
    assert (half.stage, half.rows_done, half.created) == ("importing", 4, 4)
    with shop_context(a_shop.pk):
        assert Order.objects.count() == 4

    monkeypatch.setattr(import_runs, "take", taken)
    assert imports.run_due(NOW + timedelta(seconds=30)) == 0  # still leased
    run(NOW + timedelta(minutes=2))
    done = again(a_shop, job)
    assert (done.stage, done.rows_done, done.created, done.unchanged) == ("done", 8, 8, 0)
    with shop_context(a_shop.pk):
        assert Order.objects.count() == 8
        assert TrackingEvent.objects.count() == 6


def test_a_worker_that_lost_its_lease_writes_nothing_more(a_shop, monkeypatch):
    job = going(a_shop, FILE, monkeypatch)
    taken = importing.take

    def slow(**kwargs):
        outcome = taken(**kwargs)
        with connections["dispatch"].cursor() as cursor:  # another has claimed it meanwhile
            cursor.execute("UPDATE tracking_importjob SET lease = gen_random_uuid()")
        return outcome

    monkeypatch.setattr(import_runs, "take", slow)
    imports.run_due(NOW)
    stopped = again(a_shop, job)
    assert (stopped.rows_done, stopped.created) == (0, 0)
    with shop_context(a_shop.pk):
        assert not Order.objects.exists()


def test_what_kills_workers_again_and_again_is_given_up(a_shop, monkeypatch):
    job = going(a_shop, FILE, monkeypatch)

    def killing(**kwargs):
        raise SystemExit

    monkeypatch.setattr(import_runs, "take", killing)
    for n in range(import_runs.MOST_CLAIMS):
        with pytest.raises(SystemExit):
            imports.run_due(NOW + timedelta(minutes=2 * n))
    imports.run_due(NOW + timedelta(hours=1))
    failed = again(a_shop, job)
    assert failed.stage == "failed"
    assert "Row 2" in failed.error
    assert failed.content is None


def test_a_fault_of_ours_ends_the_job_and_says_where(a_shop, monkeypatch):
    job = going(a_shop, FILE, monkeypatch)
    taken = importing.take

    def broken(**kwargs):
        if kwargs["found"][0].order.number == "5":
            raise RuntimeError("a fault")
        return taken(**kwargs)

    monkeypatch.setattr(import_runs, "take", broken)
    run()
    failed = again(a_shop, job)
    assert (failed.stage, failed.created) == ("failed", 4)
    assert "after row 5" in failed.error


def test_a_long_file_waits_its_turn_behind_a_short_one(committed_db, monkeypatch):
    """Taken in turns, however long one of them is."""
    monkeypatch.setattr(import_runs, "TURN_S", 0.0)
    long_shop, short_shop = make.shop(), make.shop()
    long_file = "number,date\n" + "".join(f"{n},2026-11-01\n" for n in range(40))
    first = going(long_shop, long_file, monkeypatch)
    second = going(short_shop, "number,date\n1,2026-11-01\n", monkeypatch)
    order = []
    taken = importing.take

    def noted(**kwargs):
        order.append(kwargs["shop"].pk)
        return taken(**kwargs)

    monkeypatch.setattr(import_runs, "take", noted)
    run()
    assert order[:3].count(short_shop.pk) == 1
    assert again(long_shop, first).stage == again(short_shop, second).stage == "done"


def test_an_order_of_many_rows_is_not_cut_between_pieces(a_shop, monkeypatch):
    rows = "".join(f"{n},2026-11-01,A{k}\n" for n in range(5) for k in range(3))
    job = going(a_shop, "order,date,sku\n" + rows, monkeypatch)
    monkeypatch.setattr(import_runs, "TURN_S", 0.0)
    run()
    assert (again(a_shop, job).created, again(a_shop, job).rows_done) == (5, 15)
    with shop_context(a_shop.pk):
        assert OrderLine.objects.count() == 15


def test_a_person_may_change_their_mind_until_it_goes(a_shop):
    job = start(a_shop)
    imports.plan(shop=a_shop, job=job, columns=job.mapping, options=job.options)
    assert imports.back(shop=a_shop, job=job)
    assert again(a_shop, job).stage == "mapping"
    imports.read_again(shop=a_shop, job=again(a_shop, job), layout=Layout("utf-8", ";"), now=NOW)
    assert again(a_shop, job).delimiter == ";"
    imports.drop(shop=a_shop, job=job)
    with shop_context(a_shop.pk):
        assert not ImportJob.objects.exists()


def test_what_is_being_taken_in_cannot_be_dropped(a_shop, monkeypatch):
    job = going(a_shop, FILE, monkeypatch)
    imports.drop(shop=a_shop, job=job)
    assert not imports.back(shop=a_shop, job=job)
    assert again(a_shop, job).stage == "waiting"


def test_a_file_without_rows_is_refused_at_the_door(shop):
    with pytest.raises(UnreadableFileError, match="no rows"):
        start(shop, "number,date\n")


def test_orders_of_the_api_and_of_a_file_are_the_same(shop):
    found = read_orders("number,date,city\n1,2026-11-20 10:00:00,Soria\n")
    upsert_orders(shop=shop, orders=[found[0].order], by=SYSTEM, now=NOW)
    assert importing.take(shop=shop, found=found, now=NOW, history=True).unchanged == 1
