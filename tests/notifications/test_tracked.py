"""Links of mails that count: what they stand for, who can make one, where they lead, and who follows."""

import uuid
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from notifications import tracked
from notifications.compose import compose
from notifications.models import Click, LinkTarget, Message, MessageSetup
from notifications.services import following_links, templates
from notifications.tracked import Campaign, Places, destination, read_key, target_of
from tenants.isolation import shop_context
from tests import make
from tests.notifications.selling import BY, block, content, message
from tracking.links import page_url, shop_url

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Safari/604.1"
SITE = "https://track.example/s/v"
PLACES = Places(
    shop=SITE, page=f"{SITE}/t/TOKEN/", gift=f"{SITE}/t/GIFT/", website="https://velaluz.example",
    design=frozenset({"https://velaluz.example/sale", "https://www.velaluz.example/a?b=1&utm_source=x", "https://other.example/x",
                      "https://user:pw@velaluz.example/", "https://velaluz.example/s#top"}),
)  # fmt: skip
CAMPAIGN = Campaign("tracking", "email", "shipped")
UTM = "utm_source=tracking&utm_medium=email&utm_campaign=shipped"


# --- Which are counted, and as what ---


@pytest.mark.parametrize(
    ("url", "target"),
    [
        (f"{SITE}/t/TOKEN/", "page"), (f"{SITE}/t/TOKEN", "page"), (f"{SITE}/t/TOKEN/review?stars=5", "page/review?stars=5"),
        (f"{SITE}/t/TOKEN/delivery/3/day", "page/delivery/3/day"), (f"{SITE}/t/GIFT/", "gift"),
        ("https://velaluz.example/sale", f"https://velaluz.example/sale?{UTM}"),
        ("https://velaluz.example/s#top", f"https://velaluz.example/s?{UTM}#top"),
        ("https://www.velaluz.example/a?b=1&utm_source=x", "https://www.velaluz.example/a?b=1&utm_source=x"),
        ("https://other.example/x", "https://other.example/x"),
        # What ends messages, what is somebody's own, what no browser may be sent to.
        (f"{SITE}/t/TOKEN/alerts", None), (f"{SITE}/stop/abc", None), (f"{SITE}/no-offers/abc", None),
        (f"{SITE}/follow/abc", None), (f"{SITE}/o/a.gif", None), (f"{SITE}/", None), (f"{SITE}/t/TOKEN/../../evil", None),
        ("https://velaluz.example/invoice/F-118.pdf", None), ("https://carrier.example/?n=00340434", None),
        ("https://user:pw@velaluz.example/", None), ("mailto:hola@velaluz.example", None), ("tel:+34600", None),
        ("javascript:alert(1)", None), ("", None),
    ],
)  # fmt: skip
def test_what_is_kept_of_an_address(url, target):
    assert target_of(url, PLACES, CAMPAIGN) == target


def test_no_token_is_ever_kept():
    for below in ("", "review", "delivery", "alerts", "x?y=1"):
        assert "TOKEN" not in (target_of(f"{SITE}/t/TOKEN/{below}", PLACES, CAMPAIGN) or "")


BAD = [
    "//evil.example", "///evil.example", "/\\evil.example", "https:evil.example", "javascript:alert(1)", "data:text/html,x",
    "https://good.example@evil.example/", "https://evil.example\\@good.example", "https://", "https:///evil.example",
    "http://[::1", "https://evil.example:99999/", "page//evil.example", "page/../../x", "page/https://evil.example",
    "page\\evil", "ftp://evil.example", "https://evil.example\r\nSet-Cookie: a=b", " https://evil.example", "pageant",
    "file:///etc/passwd", "vbscript:x", "page/\r\nX: y", "gift/..", "https://a b.example",
]  # fmt: skip


@pytest.mark.parametrize("address", BAD)
def test_whatever_was_kept_by_mistake_leads_to_the_shop(address):
    said = destination(address, page="https://s.example/t/T/", gift="", otherwise="https://velaluz.example")
    assert said == "https://velaluz.example"


@given(st.text(max_size=60))
def test_a_kept_address_leads_to_the_web_or_to_the_shop(address):
    said = destination(address, page="https://s.example/t/T/", gift="", otherwise="https://velaluz.example")
    assert urlsplit(said).scheme in ("http", "https")
    if said.startswith("https://s.example"):
        assert said.startswith("https://s.example/t/T/") or said == address


# --- In the page and in the text ---


def test_only_links_are_replaced_and_each_wherever_it_stands():
    html = '<a class="b" href="https://a.example/?x=1&amp;y=2">A</a><img src="https://a.example/?x=1&amp;y=2"><A HREF="https://b.example">B</A>'
    text = "Mira: https://a.example/?x=1&y=2. Y (https://b.example)"
    others = {"https://a.example/?x=1&y=2": "https://t/m/K1", "https://b.example": "https://t/m/K2"}

    assert list(tracked.links_in(html, text)) == [
        "https://a.example/?x=1&y=2", "https://b.example", "https://a.example/?x=1&y=2", "https://b.example"
    ]  # fmt: skip
    assert tracked.replaced_in_html(html, others) == (
        '<a class="b" href="https://t/m/K1">A</a><img src="https://a.example/?x=1&amp;y=2"><A HREF="https://t/m/K2">B</A>'
    )
    assert tracked.replaced_in_text(text, others) == "Mira: https://t/m/K1. Y (https://t/m/K2)"


# --- Keys ---


@given(st.uuids(), st.integers(0, 2**48 - 1), st.integers(1, 2**31))
def test_a_key_says_what_went_in_to_its_own_shop_alone(message_id, target_id, shop_id):
    key = tracked.key_of(shop_id=shop_id, message_id=message_id, target_id=target_id)

    assert len(key) == 46
    assert read_key(shop_id, key) == (message_id, target_id)
    assert read_key(shop_id + 1, key) is None


@given(st.integers(0, 33), st.integers(1, 255))
def test_a_key_with_any_bit_changed_is_none(place, change):
    import base64

    key = tracked.key_of(shop_id=1, message_id=uuid.UUID(int=5), target_id=9)
    raw = bytearray(base64.urlsafe_b64decode(key + "=="))
    raw[place] ^= change
    assert read_key(1, base64.urlsafe_b64encode(bytes(raw)).decode().rstrip("=")) is None


@given(st.text(max_size=80))
def test_what_a_stranger_makes_up_is_no_key(said):
    assert read_key(1, said) is None


# --- In a mail, and followed ---


@pytest.fixture
def shop(db):
    made = make.shop(website="https://velaluz.example")
    with shop_context(made.pk):
        yield made


def sent(shop, *blocks, **fields):
    """A mail, and the paths of its counted links in their order."""
    parts = blocks or (block("button"), block("button", "b2", to="url", url="https://velaluz.example/sale"))
    templates.publish(shop=shop, key="shipped", channel="email", content=content(*parts), by=BY)
    order = make.order(shop)
    made = message(
        order, **{"sent_at": timezone.now() - timedelta(hours=1), "created_at": timezone.now(), **fields}
    )
    links = compose(made).links
    return made, {url: key.removeprefix(settings.SITE_URL) for url, key in links.items()}


def follow(path, agent=PHONE, **headers):
    return Client(HTTP_HOST=settings.SITE_HOSTS[0]).get(path, headers={"user-agent": agent, **headers})


def readers():
    return sorted(Click.objects.values_list("reader", "times"))


def test_a_person_is_led_on_and_counted(shop):
    made, links = sent(shop)
    page = page_url(shop, made.order)
    assert set(links) == {page, "https://velaluz.example/sale"}

    answer = follow(links["https://velaluz.example/sale"])

    assert (answer.status_code, answer["Location"]) == (302, f"https://velaluz.example/sale?{UTM}")
    assert (answer["Referrer-Policy"], answer["Cache-Control"]) == ("no-referrer", "private, no-store")
    assert follow(links[page])["Location"] == page
    assert readers() == [("human", 1), ("human", 1)]
    assert Message.objects.get(pk=made.pk).status == "clicked"
    assert sorted(LinkTarget.objects.values_list("address", flat=True)) == [
        f"https://velaluz.example/sale?{UTM}",
        "page",
    ]


def test_the_same_address_is_kept_once_for_all_mails(shop):
    sent(shop)
    sent(shop)
    assert LinkTarget.objects.count() == 2


@pytest.mark.parametrize(
    ("agent", "headers", "sent_s"),
    [("curl/8.5", {}, 3600), ("Barracuda Sentinel", {}, 3600), (PHONE, {"sec-purpose": "prefetch"}, 3600), (PHONE, {}, 2)],
)  # fmt: skip
def test_a_machine_is_led_on_and_counts_as_one(shop, agent, headers, sent_s):
    made, links = sent(shop, sent_at=timezone.now() - timedelta(seconds=sent_s))

    assert follow(links["https://velaluz.example/sale"], agent, **headers).status_code == 302

    assert readers() == [("machine", 1)]
    assert Message.objects.get(pk=made.pk).status == "sent"


def test_who_asks_for_the_headers_only_is_a_machine(shop):
    _made, links = sent(shop)
    answer = Client(HTTP_HOST=settings.SITE_HOSTS[0]).head(
        links["https://velaluz.example/sale"], headers={"user-agent": PHONE}
    )
    assert (answer.status_code, readers()) == (302, [("machine", 1)])


def test_who_follows_link_upon_link_was_a_machine_from_the_first(shop):
    parts = [block("button", f"b{n}", to="url", url=f"https://velaluz.example/{n}") for n in range(5)]
    made, links = sent(shop, *parts)

    for url in sorted(links):
        follow(links[url])

    assert readers() == [("machine", 1)] * 5
    assert Message.objects.get(pk=made.pk).status == "sent"


def test_a_flood_writes_one_row_once(shop):
    _made, links = sent(shop)
    for _n in range(20):
        follow(links["https://velaluz.example/sale"])
    assert readers() == [("human", 1)]


@pytest.mark.parametrize("change", ["", "A", "x" * 46])
def test_a_key_nobody_made_leads_nowhere(shop, change):
    _made, links = sent(shop)
    path = links["https://velaluz.example/sale"]
    forged = path.rpartition("/")[0] + "/" + (change or path.rpartition("/")[2][:-3] + "AAA")
    assert follow(forged).status_code == 404
    assert readers() == []


def test_of_an_order_that_was_erased_the_links_lead_to_the_shop(shop):
    made, links = sent(shop)
    made.order.erased_at = timezone.now()
    made.order.save(update_fields=["erased_at"])

    assert follow(links[page_url(shop, made.order)])["Location"] == "https://velaluz.example"
    assert readers() == []


def test_a_shop_that_counts_nothing_sends_its_links_as_they_are(shop):
    MessageSetup.objects.create(shop=shop, counts_clicks=False)
    assert sent(shop)[1] == {}


def test_what_ends_messages_and_the_page_that_is_kept_stay_as_they_were(shop):
    made, links = sent(shop)
    out = compose(made)

    assert not any("/stop/" in url or "alerts" in url for url in links)
    assert f"{shop_url(shop)}/m/" not in out.html
    assert "https://velaluz.example/sale" in out.html
    assert "/stop/" in out.headers["List-Unsubscribe"]


def test_numbers_are_given_once_to_two_at_once(shop):
    first = following_links.numbers_of(shop_id=shop.pk, addresses={"page", "https://a.example/"})
    again = following_links.numbers_of(
        shop_id=shop.pk, addresses={"page", "https://a.example/", "page/review"}
    )
    assert first.items() <= again.items()
    assert len(again) == 3
