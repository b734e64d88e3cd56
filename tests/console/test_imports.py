"""Files of orders in the console: brought, confirmed, checked, taken in; each step a page that works by itself."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tenants.isolation import shop_context
from tenants.models import AuditEntry, Role
from tests import make
from tests.console.clients import signed_in
from tracking.imports import files
from tracking.models import ImportJob, Order, Transition
from tracking.services.import_runs import run_due

FILE = (
    "Pedido;Fecha;Cliente;País;Situación;Entregado el\n"
    "1;20/11/2026 10:00;Marta Ruiz;España;Entregado;21/11/2026\n"
    "2;19/11/2026 10:00;Luis Gil;España;Embalado;\n"
    "3;ayer;Ana Díaz;España;Entregado;\n"
)


@pytest.fixture
def shop(committed_db):
    return make.shop(slug="vajilla")


@pytest.fixture
def agent(shop):
    return signed_in(shop, Role.AGENT)


def address(name: str = "imports", *args: Any) -> str:
    return reverse(f"console:{name}", args=["vajilla", *args])


def upload(client, text: str | bytes = FILE, name: str = "pedidos.csv"):
    data = text.encode() if isinstance(text, str) else text
    return client.post(address(), {"file": SimpleUploadedFile(name, data, "text/csv")})


def job_of(shop) -> ImportJob:
    with shop_context(shop.pk):
        return ImportJob.objects.latest("pk")


def said(client, job, **changed: str) -> dict[str, str]:
    """What the form of the columns would send as it stands."""
    form = client.get(address("import", job.pk)).context["form"]
    fields = {field.html_name: "" if field.value() in (None, False) else field.value() for field in form}
    return {**fields, "deed": "check", "states_of": form.job.mapping.get("status", ""), **changed}


def test_a_file_is_brought_confirmed_checked_and_taken_in(shop, agent):
    answer = upload(agent)
    job = job_of(shop)
    assert answer.url == address("import", job.pk)

    page = agent.get(answer.url)
    form = page.context["form"]
    assert form["column_number"].value() == "Pedido"
    assert form["column_delivered_at"].value() == "Entregado el"
    assert "Pedido · 1" in page.content.decode()
    assert [(field.label, field.value()) for field in form.meanings()] == [
        ("Entregado", "delivered"),
        ("Embalado", ""),
    ]

    unsaid = agent.post(answer.url, said(agent, job))
    assert unsaid.status_code == 422
    assert list(unsaid.context["form"].errors) == ["meaning_1"]

    agent.post(answer.url, said(agent, job, meaning_1="preparing"))
    assert job_of(shop).stage == "checking"
    run_due(timezone.now())
    checked = agent.get(answer.url).content.decode()
    assert "“ayer” is not a date and a time we can read." in checked
    assert "Import the orders" in checked
    with shop_context(shop.pk):
        assert not Order.objects.exists()

    agent.post(answer.url, {"deed": "go"})
    run_due(timezone.now())
    done = agent.get(answer.url)
    assert "See the orders" in done.content.decode()
    with shop_context(shop.pk):
        states = dict(Order.objects.values_list("number", "state"))
        assert states == {"1": "delivered", "2": "preparing"}
        assert not Transition.objects.filter(announced_at=None).exists()
        assert AuditEntry.objects.get(action="orders.imported").after == {"rows": 3}


def test_the_refused_rows_can_be_taken_home(shop, agent):
    upload(agent, "number;date;city\n1;20/11/2026;=cmd()\n2;never;@home\n")
    job = job_of(shop)
    agent.post(address("import", job.pk), said(agent, job))
    run_due(timezone.now())

    answer = agent.get(address("import_refused", job.pk))

    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="refused-{job.pk}.csv"'
    assert answer.content.decode() == (
        "\ufeffnumber;date;city;Why it was refused;Row\r\n"
        "2;never;'@home;date: “never” is not a date and a time we can read.;3\r\n"
    )


def test_a_column_of_states_chosen_anew_is_asked_about(shop, agent):
    upload(agent, "number,date,fase\n1,2026-11-20,shipped\n2,2026-11-20,zzz\n")
    job = job_of(shop)
    page = address("import", job.pk)

    asked = agent.post(page, said(agent, job, column_status="fase"))
    assert asked.status_code == 422
    fields = asked.context["form"].meanings()
    assert sorted((field.label, field.value()) for field in fields) == [("shipped", "shipped"), ("zzz", "")]

    meanings = {field.html_name: "shipped" if field.label == "shipped" else "nothing" for field in fields}
    agent.post(page, said(agent, job, column_status="fase", states_of="fase", **meanings))
    assert job_of(shop).options["statuses"] == {"shipped": "shipped", "zzz": "nothing"}


def test_a_column_of_too_many_words_holds_no_states(shop, agent):
    upload(agent, "number,date\n" + "".join(f"{n},2026-11-20\n" for n in range(60)))
    job = job_of(shop)
    answer = agent.post(
        address("import", job.pk), said(agent, job, column_status="number", states_of="number")
    )
    assert "column_status" in answer.context["form"].errors


def test_a_file_read_wrongly_is_read_again(shop, agent):
    upload(agent, "a,b;c,d\n1,2;3,4\n5,6;7,8\n")
    job = job_of(shop)
    page = address("import", job.pk)
    agent.post(page, said(agent, job, delimiter=";", column_number="a"))
    assert job_of(shop).delimiter == ";"
    assert agent.get(page).context["columns"] == ["a,b", "c,d"]


@pytest.mark.parametrize(
    ("field", "value"),
    [("time_zone", "Madrid"), ("currency", "EURO"), ("currency", "XXQ"), ("country", "ZZ"), ("column_number", ""),
     ("column_city", "no such column"), ("day_first", "7"), ("meaning_0", "gone")],
)  # fmt: skip
def test_what_cannot_be_meant_is_said_beside_its_field(shop, agent, field, value):
    upload(agent)
    job = job_of(shop)
    answer = agent.post(
        address("import", job.pk), said(agent, job, **{"meaning_1": "preparing", field: value})
    )
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert job_of(shop).stage == "mapping"


@pytest.mark.parametrize(
    ("data", "sentence"),
    [(b"PK\x03\x04", "CSV UTF-8"), (b"", "The file is empty."), (b"number,date\n", "no rows"),
     (b'number,date\n1,"x\n' + b"2,y\n" * 3000, "row 2")],
)  # fmt: skip
def test_what_is_no_file_of_orders_is_refused_at_once(shop, agent, data, sentence):
    answer = upload(agent, data)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    with shop_context(shop.pk):
        assert not ImportJob.objects.exists()


def test_a_file_too_large_is_not_even_read(shop, agent, monkeypatch):
    monkeypatch.setattr("console.imports.MOST_BYTES", 1000)
    monkeypatch.setattr("console.imports.BESIDE", 0)
    answer = upload(agent, b"x" * 2000)
    assert answer.status_code == 413
    assert "larger than 50 MB" in answer.content.decode()


def test_a_packed_file_too_large_is_refused(shop, agent):
    answer = upload(agent, gzip.compress(b"a,b\n" * (files.MOST_BYTES // 4 + 10)), name="orders.csv.gz")
    assert answer.status_code == 422
    assert "larger than 50 MB" in answer.content.decode()


def test_the_upload_is_safe_from_other_sites(shop):
    member = make.member(shop, Role.AGENT)
    client = Client(headers={"host": settings.SITE_HOSTS[0]}, enforce_csrf_checks=True)
    client.force_login(member.user)
    assert upload(client).status_code == 403
    with shop_context(shop.pk):
        assert not ImportJob.objects.exists()


def test_who_may_only_look_brings_no_files(shop, agent):
    upload(agent)
    job = job_of(shop)
    viewer = signed_in(shop, Role.VIEWER)
    assert viewer.get(address()).status_code == 404
    assert upload(viewer).status_code == 404
    assert viewer.get(address("import", job.pk)).status_code == 404
    assert viewer.get(address("import_refused", job.pk)).status_code == 404


def test_a_file_can_be_thrown_away_until_it_is_taken_in(shop, agent):
    upload(agent)
    job = job_of(shop)
    agent.post(address("import", job.pk), {"deed": "drop"})
    with shop_context(shop.pk):
        assert not ImportJob.objects.exists()
    assert agent.get(address("import", job.pk)).status_code == 404


def test_the_page_says_how_far_it_is_and_loads_anew_when_it_is_over(shop, agent):
    upload(agent)
    job = job_of(shop)
    page = address("import", job.pk)
    agent.post(page, said(agent, job, meaning_1="preparing"))

    whole = agent.get(page).content.decode()
    assert '<noscript><meta http-equiv="refresh" content="3"></noscript>' in whole
    part = agent.get(page, headers={"HX-Request": "true"})
    assert "0 of 3 rows" in part.content.decode()
    assert "HX-Refresh" not in part.headers
    assert "<html" not in part.content.decode()
    run_due(timezone.now())
    assert agent.get(page, headers={"HX-Request": "true"}).headers["HX-Refresh"] == "true"


def test_shoppers_are_told_only_where_the_person_says_so(shop, agent):
    upload(agent, "number,date,status\n1,2026-11-20,received\n")
    job = job_of(shop)
    agent.post(address("import", job.pk), said(agent, job, tell="on"))
    run_due(timezone.now())
    assert "are told of what is new" in agent.get(address("import", job.pk)).content.decode()
    assert job_of(shop).options["history"] is False


def test_the_list_says_what_became_of_each(shop, agent):
    assert "No file yet" in agent.get(address()).content.decode()
    upload(agent)
    page = agent.get(address()).content.decode()
    assert "pedidos.csv" in page
    assert "Columns to be confirmed" in page
    assert 'aria-current="page"' in page  # the menu knows where it is


# --- In a browser ---


@pytest.fixture
def browsing(site, browser_page):
    """Ana, at the imports of her shop."""
    shop = make.shop(slug="vajilla", name="Vajilla", language="en", languages=["en"])
    make.member(shop, Role.AGENT, user=make.user(email="ana@example.com", name="Ana"))
    sign_in(browser_page, site)
    return shop, site


def sign_in(page: Any, site: str) -> None:
    page.goto(f"{site}/accounts/login/")
    page.fill("[name=login]", "ana@example.com")
    page.fill("[name=password]", make.PASSWORD)
    page.click("main button")
    page.wait_for_url("**/orders/")
    page.goto(f"{site}{address()}")


WIDE = """[...document.querySelectorAll("body *")]
  .filter((part) => part.scrollWidth > part.clientWidth + 1 && !part.closest(".scroll, .visually-hidden, option"))
  .map((part) => part.outerHTML.slice(0, 80))"""


def too_wide(page: Any) -> list[str]:
    """What reaches beyond the edge of the page."""
    if page.evaluate("document.documentElement.scrollWidth <= innerWidth"):
        return []
    return list(page.evaluate(WIDE)) or ["the page"]


def choose_file(page: Any, text: str = FILE) -> None:
    page.set_input_files(
        "input[type=file]", {"name": "pedidos.csv", "mimeType": "text/csv", "buffer": text.encode()}
    )


CHECK, GO, ORDERS = "button[value=check]", "button[value=go]", "main a.primary"


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1280])
def test_the_whole_way_in_a_browser(browsing, browser_page, width):
    from axe_playwright_python.sync_playwright import Axe

    def is_in_order() -> None:
        page.wait_for_load_state()  # the stylesheets too
        assert too_wide(page) == []
        found = Axe().run(page).response["violations"]
        assert [(fault["id"], [node["html"] for node in fault["nodes"]]) for fault in found] == []

    page = browser_page
    page.set_viewport_size({"width": width, "height": 900})
    is_in_order()
    choose_file(page)
    page.press("main form button", "Enter")
    page.wait_for_selector("#columns-title")
    is_in_order()
    page.press(CHECK, "Enter")  # nobody has said what "Embalado" is
    page.wait_for_selector("[name=meaning_1]:focus")
    page.select_option("[name=meaning_1]", "preparing")
    page.press(CHECK, "Enter")
    page.wait_for_selector("progress")
    is_in_order()
    run_due(timezone.now())
    page.wait_for_selector(GO)  # it has loaded itself anew
    is_in_order()
    page.press(GO, "Enter")
    page.wait_for_selector("progress")
    run_due(timezone.now())
    page.wait_for_selector(ORDERS)
    is_in_order()


@pytest.mark.browser
def test_the_whole_way_without_javascript(browsing, chromium):
    _shop, site = browsing
    context = chromium.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=False)
    page = context.new_page()
    page.set_default_timeout(10_000)
    sign_in(page, site)
    choose_file(page)
    page.click("main form button")
    page.select_option("[name=meaning_1]", "preparing")
    page.click(CHECK)
    page.wait_for_selector("progress")
    run_due(timezone.now())
    page.click(GO)  # after the page loaded itself anew
    page.wait_for_selector("progress")
    run_due(timezone.now())
    page.wait_for_selector(ORDERS)
    context.close()
