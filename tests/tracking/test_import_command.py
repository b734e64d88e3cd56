"""`manage.py import_orders`: what it says, what it leaves, and what it tells the shell."""

from __future__ import annotations

import gzip
import io
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command

from tenants.isolation import shop_context
from tests import make
from tracking.models import Order, Transition

FILE = (
    "Pedido;Fecha;País;Importe\n1;20/11/2026 10:00;España;12,50\n2;ayer;España;3\n3;20/11/2026;Francia;=1+1\n"
)


@pytest.fixture
def shop(db):
    return make.shop(slug="vajilla")


def bring(file, *args: str, shop: str = "vajilla") -> SimpleNamespace:
    """What it wrote, and how it ended: 0, 1 or 2."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    try:
        call_command("import_orders", str(file), "--shop", shop, *args, stdout=out, stderr=err)
    except SystemExit as ended:
        code = int(ended.code or 0)
    except CommandError as error:
        code = error.returncode
        err.write(str(error))
    return SimpleNamespace(out=out.getvalue(), err=err.getvalue(), code=code)


def numbers(shop) -> list[str]:
    with shop_context(shop.pk):
        return sorted(Order.objects.values_list("number", flat=True))


def test_it_takes_what_it_can_and_says_what_it_refused(shop, tmp_path):
    file, left = tmp_path / "pedidos.csv", tmp_path / "refused.csv"
    file.write_text(FILE, encoding="cp1252")

    said = bring(file, "--refused", str(left))

    assert said.code == 1
    assert numbers(shop) == ["1"]
    assert "3 rows, cp1252, separated by ';'." in said.out
    assert "number             ← Pedido" in said.out
    assert "100%  3 of 3 rows" in said.out
    assert "Orders created: 1. Updated: 0. Unchanged: 0. Rows refused: 2." in said.out
    assert "Row 3: Fecha: “ayer” is not a date and a time we can read." in said.err
    assert "Row 4: Importe: “=1+1” is not an amount." in said.err
    lines = left.read_text(encoding="utf-8-sig").splitlines()
    assert lines[0] == "Pedido;Fecha;País;Importe;Why it was refused;Row"
    assert lines[1] == "2;ayer;España;3;Fecha: “ayer” is not a date and a time we can read.;3"
    assert lines[2].startswith("3;20/11/2026;Francia;'=1+1;")


def test_the_refused_file_corrected_is_brought_like_any_other(shop, tmp_path):
    file, left = tmp_path / "pedidos.csv", tmp_path / "refused.csv"
    file.write_text(FILE)
    bring(file, "--refused", str(left))
    left.write_text(left.read_text().replace("ayer", "20/11/2026").replace("'=1+1", "2"))

    said = bring(left)

    assert said.code == 0
    assert numbers(shop) == ["1", "2", "3"]


def test_all_is_well_is_nothing(shop, tmp_path):
    file = tmp_path / "orders.csv.gz"
    file.write_bytes(gzip.compress(b"number,date\n1,2026-11-20\n2,2026-11-20\n"))
    assert bring(file).code == 0
    again = bring(file)
    assert again.code == 0
    assert "Unchanged: 2." in again.out
    with shop_context(shop.pk):
        assert set(Transition.objects.values_list("quiet", flat=True)) == {"history"}


def test_a_dry_run_writes_nothing(shop, tmp_path):
    file = tmp_path / "pedidos.csv"
    file.write_text(FILE)
    said = bring(file, "--dry-run")
    assert said.code == 1
    assert "Nothing was written. New: 1. Known already: 0. Rows refused: 2." in said.out
    assert numbers(shop) == []


def test_the_standard_input_is_a_file_too(shop, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"number,date\n7,2026-11-20\n")))
    assert bring("-").code == 0
    assert numbers(shop) == ["7"]


def test_what_was_guessed_can_be_said_otherwise(shop, tmp_path):
    file = tmp_path / "orders.csv"
    file.write_text("a|b|c|d|e\n1|09/04/2026 10:00|zzz|1,234|9\n")
    said = bring(
        file, "--map", "number=a", "--map", "placed_at=b", "--map", "status=c", "--map", "total=d",
        "--status", "ZZZ=preparing", "--month-first", "--decimal-point", "--time-zone", "America/New_York",
        "--currency", "USD", "--country", "US", "--channel", "Etsy", "--delimiter", "|", "--encoding", "utf-8",
    )  # fmt: skip
    assert said.code == 0, said.err
    with shop_context(shop.pk):
        order = Order.objects.get()
        assert order.placed_at.isoformat() == "2026-09-04T14:00:00+00:00"
        assert (order.state, order.total, order.currency) == ("preparing", 1234, "USD")
        assert (order.country, order.channel) == ("US", "Etsy")


def test_a_guess_can_be_taken_away(shop, tmp_path):
    file = tmp_path / "orders.csv"
    file.write_text("number,date,city\n1,2026-11-20,Soria\n")
    assert bring(file, "--map", "city=").code == 0
    with shop_context(shop.pk):
        assert Order.objects.get().city == ""


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--map", "nonsense=number"], "There is no field “nonsense”."),
        (["--map", "number=nonsense"], "There is no column “nonsense”. Columns: number, date."),
        (["--map", "number"], "--map wants two words with = between them"),
        (["--map", "number="], "--map number=COLUMN"),
        (["--status", "x=gone"], "“gone” is no state."),
        (["--time-zone", "Madrid"], "There is no time zone “Madrid”"),
        (["--delimiter", "#"], "The separator is one of"),
    ],
)
def test_a_choice_there_is_not_is_bad_usage(shop, tmp_path, args, said):
    file = tmp_path / "orders.csv"
    file.write_text("number,date\n1,2026-11-20\n")
    ended = bring(file, *args)
    assert ended.code == 2
    assert said in ended.err
    assert numbers(shop) == []


def test_a_file_or_a_shop_there_is_not_is_bad_usage(shop, tmp_path):
    assert bring(tmp_path / "none.csv").code == 2
    file = tmp_path / "orders.csv"
    file.write_text("number,date\n1,2026-11-20\n")
    assert bring(file, shop="nobody").code == 2
    file.write_bytes(b"PK\x03\x04")
    ended = bring(file)
    assert ended.code == 2
    assert "CSV UTF-8" in ended.err


def test_a_quote_that_is_never_closed_is_found_before_anything_is_written(shop, tmp_path):
    file = tmp_path / "orders.csv"
    rows = "".join(f"{n},2026-11-20\n" for n in range(1200))
    file.write_text(f'number,date\n{rows}1201,"2026-11-20\n{rows}')
    ended = bring(file)
    assert ended.code == 2
    assert "row 1202" in ended.err
    assert numbers(shop) == []


def test_with_leave_shoppers_are_told(shop, tmp_path):
    file = tmp_path / "orders.csv"
    file.write_text("number,date,status\n1,2026-11-20,received\n")
    bring(file)
    file.write_text("number,date,status\n1,2026-11-20,preparing\n")
    assert bring(Path(file), "--tell").code == 0
    with shop_context(shop.pk):
        assert list(Transition.objects.filter(announced_at=None).values_list("after", flat=True)) == [
            "preparing"
        ]
