"""Views from the page to the database: counted once, without a wait, and without anybody in them."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from carriers import shared
from tenants.isolation import shop_context
from tenants.vault import digest, gift_token
from tests.tracking import pages as rows
from tests.tracking.test_counting import ANDROID, IPHONE, WINDOWS
from tracking import pages, views, visits
from tracking.models import Order, PageVisit
from tracking.services import visits as service
from tracking.services.passing import tidy

pytestmark = pytest.mark.django_db
OPENED = {"sec-fetch-dest": "document", "sec-fetch-site": "none", "accept-language": "es-ES,es;q=0.9"}
PHONE = {**OPENED, "user-agent": IPHONE}
DESK = {**OPENED, "user-agent": WINDOWS, "accept-language": "en"}


@pytest.fixture(autouse=True)
def _nothing_gathered():
    visits.flush()
    shared.ask(lambda link: link.flushdb())
    yield
    visits.flush()


@pytest.fixture
def shop():
    return rows.shop()


@pytest.fixture
def order(shop):
    with shop_context(shop.pk):
        return rows.order(shop)


def counted(shop):
    visits.flush()
    service.drain()
    with shop_context(shop.pk):
        found = PageVisit.objects.for_shop(shop).order_by("reader", "device")
        return [(v.reader, v.device, v.country, v.views, v.visits, v.dwell_s) for v in found]


def rest_is_over():
    visits.flush()
    shared.ask(lambda link: link.delete(*link.keys(f"{visits.PREFIX}:rest:*")))


def test_a_view_is_counted_with_its_device_and_country(shop, order):
    assert rows.reader(**PHONE).get(rows.path(order)).status_code == 200
    assert counted(shop) == [("person", "phone", "ES", 1, 1, 0)]


def test_an_open_page_that_asks_whether_anything_moved_is_no_view(shop, order):
    page = rows.reader(**PHONE).get(rows.path(order))
    asking = {"user-agent": IPHONE, "sec-fetch-dest": "empty", "sec-fetch-site": "same-origin"}
    assert rows.reader(**asking, if_none_match=page["ETag"]).get(rows.path(order)).status_code == 304
    assert rows.reader(**asking).get(rows.path(order)).status_code == 200
    rows.reader(**PHONE).head(rows.path(order))
    assert counted(shop) == [("person", "phone", "ES", 1, 1, 0)]


def test_coming_back_after_half_an_hour_is_another_visit_and_looking_twice_is_not(shop, order):
    browser = rows.reader(**PHONE)
    browser.get(rows.path(order))
    visits.flush()
    browser.get(rows.path(order))
    assert counted(shop) == [("person", "phone", "ES", 2, 1, 0)]
    rest_is_over()
    browser.get(rows.path(order))
    assert counted(shop) == [("person", "phone", "ES", 3, 2, 0)]


def test_the_phone_and_the_desk_are_counted_apart(shop, order):
    rows.reader(**PHONE).get(rows.path(order))
    rows.reader(**DESK).get(rows.path(order))
    assert counted(shop) == [("person", "desktop", "", 1, 1, 0), ("person", "phone", "ES", 1, 1, 0)]


def test_programs_and_pages_fetched_ahead_are_set_apart_and_come_back_never(shop, order):
    rows.reader(**PHONE | {"user-agent": "curl/8.5.0"}).get(rows.path(order))
    rows.reader(**PHONE, sec_purpose="prefetch").get(rows.path(order))
    assert counted(shop) == [("bot", "other", "ES", 1, 0, 0), ("prefetch", "phone", "ES", 1, 0, 0)]


def test_how_long_it_was_looked_at_is_added_up(shop, order):
    browser = rows.reader(**PHONE)
    browser.get(rows.path(order))
    for seconds in ("200", "55"):
        said = browser.post(f"{rows.path(order)}seen", seconds, content_type="text/plain")
        assert (said.status_code, said.content) == (204, b"")
    assert counted(shop) == [("person", "phone", "ES", 1, 1, 255)]


@pytest.mark.parametrize("said", ["", "-5", "1e9", "12.5", "ten", "0", "9" * 40, "<script>"])
def test_what_is_no_number_of_seconds_counts_for_nothing(shop, order, said):
    browser = rows.reader(**PHONE)
    browser.get(rows.path(order))
    assert browser.post(f"{rows.path(order)}seen", said, content_type="text/plain").status_code == 204
    assert counted(shop) == [("person", "phone", "ES", 1, 1, 0)]


def test_nobody_looks_for_more_than_half_an_hour_a_view(shop, order):
    browser = rows.reader(**PHONE)
    browser.get(rows.path(order))
    for _time in range(5):
        browser.post(f"{rows.path(order)}seen", "99999999", content_type="text/plain")
        visits.flush()
    assert counted(shop) == [("person", "phone", "ES", 1, 1, 1800)]


def test_seconds_of_a_page_nobody_opened_and_of_another_site_are_dropped(shop, order):
    browser = rows.reader(**PHONE)
    browser.post(f"/s/{shop.slug}/t/made-up/seen", "60", content_type="text/plain")
    visits.flush()
    browser.get(rows.path(order))
    foreign = rows.reader(**PHONE | {"sec-fetch-site": "cross-site"})
    assert foreign.post(f"{rows.path(order)}seen", "60", content_type="text/plain").status_code == 403
    assert counted(shop) == [("person", "phone", "ES", 1, 1, 0)]


def test_a_page_that_does_not_exist_is_not_counted(shop, order):
    assert rows.reader(**PHONE).get(f"/s/{shop.slug}/t/made-up/").status_code == 404
    assert counted(shop) == []


def test_a_view_seen_before_costs_no_statement(shop, order):
    browser = rows.reader(**PHONE)
    browser.get(rows.path(order))
    with CaptureQueriesContext(connection) as asked:
        browser.get(rows.path(order))
    assert len(asked) == 0


def test_the_page_opens_with_redis_away(shop, order, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert rows.reader(**PHONE).get(rows.path(order)).status_code == 200
    visits.flush()


def test_nothing_in_redis_names_a_person(shop, order):
    browser = rows.reader(**PHONE, x_forwarded_for="203.0.113.9")
    browser.get(rows.path(order))
    visits.flush()
    link = shared.client()
    kept = [link.hgetall(name) for name in link.keys(visits.PREFIX)] + link.keys(f"{visits.PREFIX}*")
    for word in ("marta", "203.0.113.9", "127.0.0.1", "iphone", rows.path(order).split("/")[2]):
        assert word.lower() not in repr(kept).lower()


def test_what_could_not_be_written_is_written_the_next_time_and_once(shop, order, monkeypatch):
    rows.reader(**PHONE).get(rows.path(order))
    visits.flush()
    real = service.add

    def refuse(**told):
        raise DatabaseError

    monkeypatch.setattr(service, "add", refuse)
    assert service.drain() == 0
    monkeypatch.setattr(service, "add", real)
    rows.reader(**DESK).get(rows.path(order))
    visits.flush()
    assert service.drain() == 1
    assert service.drain() == 1
    assert service.drain() == 0
    assert [views for *_who, views, _visits, _s in counted(shop)] == [1, 1]


def test_two_drains_at_once_count_once(shop, order):
    rows.reader(**PHONE).get(rows.path(order))
    visits.flush()
    with visits.taken() as mine:
        assert list(mine) == [shop.pk]
        assert service.drain() == 0
    assert service.drain() == 1
    assert counted(shop) == [("person", "phone", "ES", 1, 1, 0)]


def test_the_gift_link_counts_for_the_same_order(shop, order):
    with shop_context(shop.pk):
        Order.objects.for_shop(shop).update(gift_hash=digest(gift_token(order.token_hash)))
    rows.reader(**PHONE).get(rows.path(order))
    key = visits.Key(
        shop.pk, digest(gift_token(order.token_hash)), timezone.now().date(), "phone", "ES", "person"
    )
    visits.saw(key)
    assert counted(shop) == [("person", "phone", "ES", 2, 2, 0)]


def test_a_shops_counts_are_one_statement_however_many(shop):
    with shop_context(shop.pk):
        orders = [rows.order(shop) for _n in range(5)]
    for of in orders:
        rows.reader(**PHONE).get(rows.path(of))
    visits.flush()
    with CaptureQueriesContext(connection) as asked:
        service.drain()
    assert sum("tracking_pagevisit" in q["sql"] for q in asked) == 1


def test_after_thirty_days_nothing_is_kept(shop, order):
    today = timezone.now().date()
    with shop_context(shop.pk):
        for ago in (0, 29, 30, 31, 60):
            PageVisit.objects.create(
                shop=shop, order=order, day=today - timedelta(days=ago), device="phone", views=1
            )
    tidy(now=timezone.now())
    with shop_context(shop.pk):
        days = PageVisit.objects.for_shop(shop).order_by("-day").values_list("day", flat=True)
        assert list(days) == [today, today - timedelta(days=29), today - timedelta(days=30)]


def test_a_process_holds_no_more_than_it_can(shop, order, monkeypatch):
    monkeypatch.setattr(visits, "MOST_GATHERED", 2)
    for number in range(5):
        visits.saw(visits.Key(shop.pk, f"h{number}", timezone.now().date(), "phone", "", "person"))
    assert len(visits._views) == 2


# --- Cards of links ---


@pytest.mark.parametrize(
    "agent", ["WhatsApp/2.23.20.0 A", "Slackbot-LinkExpanding 1.0", "facebookexternalhit/1.1"]
)
def test_a_card_of_the_link_tells_the_shops_name_and_nothing_of_the_order(shop, order, agent):
    answer = rows.reader(**{"user-agent": agent}).get(rows.path(order))
    page = rows.said(answer)
    assert answer.status_code == 200
    assert f'property="og:title" content="{shop.name}"' in page
    assert answer["X-Robots-Tag"] == "noindex, nofollow"
    for secret in (
        order.number,
        "Marta",
        "Ruiz",
        "Madrid",
        "Plate",
        rows.path(order).split("/")[2],
        "shipped",
    ):
        assert secret not in page
    assert counted(shop) == []


def test_a_card_is_the_same_whether_there_is_an_order_or_not_and_reads_none(shop, order):
    program = rows.reader(**{"user-agent": "TelegramBot (like TwitterBot)"})
    with CaptureQueriesContext(connection) as asked:
        real = program.get(f"/s/{shop.slug}{rows.path(order)}")
    assert not any("tracking_" in q["sql"] for q in asked)
    assert real.content == program.get(f"/s/{shop.slug}/t/made-up/").content


def test_who_was_taken_for_such_a_program_goes_on_to_the_page(shop, order):
    shown = rows.reader(**{"user-agent": f"{ANDROID} WhatsApp/2.23"}).get(rows.path(order) + "?open")
    assert order.number in rows.said(shown)


def test_a_page_fetched_ahead_has_no_carrier_asked(shop, order, monkeypatch):
    asked = []
    monkeypatch.setattr(views, "pull_forward", lambda **told: asked.append(told))
    with shop_context(shop.pk):
        parcel = rows.parcel(order, polled=rows.make.account(shop))
    page = rows.reader(**PHONE, sec_purpose="prefetch").get(rows.path(order))
    assert (page.status_code, asked) == (200, [])
    pages.forget([order.token_hash])
    rows.reader(**PHONE).get(rows.path(order))
    assert [told["shipment_id"] for told in asked] == [parcel.pk]


def test_what_unknown_programs_read_in_the_page_names_the_shop_only(shop, order):
    page = rows.said(rows.reader(**PHONE).get(rows.path(order)))
    assert f'<meta property="og:title" content="{shop.name}">' in page
    assert 'name="robots" content="noindex, nofollow"' in page
    assert rows.path(order).split("/")[2] not in page  # nor is the page's key, which links would carry away
