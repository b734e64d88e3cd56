"""A design filled in: each block where it has something to show, for whom it may, in HTML that mail programs hold."""

import re
from datetime import timedelta
from decimal import Decimal
from html.parser import HTMLParser

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notifications import blocks
from notifications.contents import KINDS, checked
from notifications.default_designs import default_content
from notifications.filling import Audience
from notifications.models import Picture
from notifications.occasions import OCCASIONS
from notifications.rendering import NothingToSayError, render
from tenants.isolation import shop_context
from tests import make
from tests.tracking import pages
from tracking.models import OrderLine, Transition

pytestmark = pytest.mark.django_db
DIGEST = "ab" * 16
EN = {"en": "Words of {{ order.number }}", "es": "Palabras"}
OFFERS = {
    "coupon": {"code": "OLMO-7", "worth": "10 %", "until": "Friday"},
    "products": [
        {"title": "A jug", "url": "https://olmo.example/j", "image_url": "https://olmo.example/j.jpg", "price": "€39"}
    ] * 3,
}  # fmt: skip


@pytest.fixture
def shop():
    made = pages.shop(name="Casa Olmo")
    with shop_context(made.pk):
        yield made


@pytest.fixture
def order(shop):
    made = pages.order(shop, state="ready_for_pickup", city="Madrid", total=Decimal(64), currency="EUR")
    OrderLine.objects.filter(order=made).update(image_url="https://cdn.example/p.jpg")
    point = {
        "name": "Librería La Plaza",
        "address": "Calle Feria 23",
        "until": "2026-11-26",
        "code": "4471 9083",
    }
    make.shipment(
        made, status="available_for_pickup", sub_status="available_for_pickup.pickup_point", pickup=point,
        moved_at=make.NOW, status_since=make.NOW - timedelta(days=2),
    )  # fmt: skip
    return made


def everything(shop):
    """A design with each block there is."""
    Picture.objects.create(shop=shop, digest=DIGEST, kind="png", content=b"x", width=1200, height=600)
    made = []
    for kind in KINDS.values():
        block = {"id": kind.code, "kind": kind.code}
        for field in kind.fields:
            if field.said:
                block[field.name] = EN
        made.append(block)
    more = {
        "image": {"picture": DIGEST, "url": "https://olmo.example"}, "parcels": {"always": True}, "coupon": {"coupon": "1"},
        "banner": {"source": "own", "url": "https://olmo.example/b", "picture": DIGEST},
        "social": {"links": [{"label": "Instagram", "url": "https://instagram.example/o"}]},
    }  # fmt: skip
    made = [block | more.get(block["kind"], {}) for block in made]
    return checked({"subject": EN, "preview": EN, "blocks": made}, channel="email", languages=["en", "es"])


def mail(shop, order, content, **given):
    return render(
        shop=shop, order=order, content=content, now=make.NOW,
        **{"occasion": "ready_for_pickup", "channel": "email", "language": "en", **given},
    )  # fmt: skip


class Page(HTMLParser):
    VOID = frozenset({"meta", "img", "br", "hr", "input", "link"})

    def __init__(self, html):
        super().__init__()
        self.open, self.faults, self.images, self.links, self.tables = [], [], [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        if tag in self.VOID:
            self.images += [dict(attrs)] if tag == "img" else []
            return
        self.open.append(tag)
        self.links += [dict(attrs)["href"]] if tag == "a" else []
        self.tables += [dict(attrs)] if tag == "table" else []

    def handle_startendtag(self, tag, attrs):
        self.images += [dict(attrs)] if tag == "img" else []

    def handle_endtag(self, tag):
        if tag in self.VOID:
            return
        if not self.open or self.open.pop() != tag:
            self.faults.append(tag)


def as_outlook(html):
    """What Word's engine reads: what is said to it alone is there, what is not said to it is not."""
    html = re.sub(r"<!--\[if !mso\]><!-->.*?<!--<!\[endif\]-->", "", html, flags=re.DOTALL)
    return re.sub(r"<!--\[if [^\]]*mso[^\]]*\]>(.*?)<!\[endif\]-->", r"\1", html, flags=re.DOTALL)


def test_every_block_is_drawn_and_said_and_its_html_is_whole_in_outlook_too(shop, order):
    made = mail(
        shop,
        order,
        everything(shop),
        offers=OFFERS,
        to=Audience("https://a.example/c", "https://a.example/s"),
    )
    for seen in (made.html, as_outlook(made.html)):
        page = Page(seen)
        assert page.open == [] and page.faults == []
    page = Page(made.html)
    assert all({"alt", "width", "height"} <= set(image) for image in page.images)
    assert [t for t in page.tables if t.get("role") != "presentation"] == []
    assert [x for x in page.links if not x.startswith(("https://", "http://testserver"))] == []
    for said in (
        "4471 9083",
        "OLMO-7",
        "A jug",
        "Instagram",
        "Librería La Plaza",
        "Plate Arena",
        "?stars=5",
    ):
        assert said in made.html, said
    for said in ("4471 9083", "OLMO-7", "A jug", "Instagram", "Plate Arena", "Stop these messages"):
        assert said in made.text, said
    assert {f"b{n}" for n in range(len(KINDS)) if list(KINDS)[n] not in ("parcels", "progress")} <= set(
        re.findall(r'class="(b\d+) ', made.html)
    ) | {"b4"}
    assert re.search(r"64[.,]00", made.html)
    assert made.subject == f"Words of {order.number}" and made.preview in made.html


def test_it_is_said_how_it_looks_in_the_dark_and_in_which_language(shop, order):
    html = mail(shop, order, everything(shop)).html
    assert '<html lang="en" dir="ltr"' in html and '<meta name="color-scheme" content="light dark">' in html
    assert "@media (prefers-color-scheme:dark)" in html and "[data-ogsc] .paper" in html
    assert not re.search(
        r"display:\s*(inline-)?flex|margin[a-z-]*:\s*-|@import|@font-face|<script|<link", html
    )


@pytest.mark.parametrize(
    "occasion", ["shipped", "ready_for_pickup", "review_time", "attempt_failed", "own-x"]
)
def test_a_design_of_the_house_is_light_and_asks_no_stranger(shop, order, occasion):
    content = default_content(occasion, "email", ("en", "es"))
    made = mail(shop, order, content, occasion="delivered" if occasion == "own-x" else occasion)
    assert len(made.html.encode()) <= 40 * 1024
    fetched = [image["src"] for image in Page(made.html).images]
    assert all(src.startswith(("http://testserver/", "https://cdn.example/")) for src in fetched)


def test_every_occasion_can_be_told_by_every_channel(shop, order):
    for occasion in OCCASIONS:
        for channel in ("email", "sms"):
            made = mail(
                shop,
                order,
                default_content(occasion, channel, ("en", "es")),
                occasion=occasion,
                channel=channel,
            )
            assert made.text.strip() and "{" not in made.text + made.subject, occasion


def test_whom_the_customer_added_is_shown_neither_what_it_is_nor_how_to_collect_it(shop, order):
    to = Audience(stop_url="https://a.example/s", is_other=True, page_url="https://a.example/t/gift/")
    made = mail(shop, order, everything(shop), offers=OFFERS, to=to)
    key = make.token_of(order)
    number = order.shipments.get().number
    for secret in (
        "4471",
        "Plate",
        "64.00",
        "Marta",
        "Ruiz",
        key,
        number,
        "OLMO-7",
        "A jug",
        "?stars=",
        "/mail/code/",
    ):
        assert secret not in made.html and secret not in made.text, secret
    assert "https://a.example/t/gift/" in made.html and "Choose which" not in made.html


def test_what_has_nothing_to_show_leaves_nothing_behind(shop):
    bare = make.order(shop, lines=0, city="Nowhere at all")
    blocks_ = [
        {"id": kind, "kind": kind}
        for kind in (
            "lines",
            "parcels",
            "map",
            "pickup",
            "banner",
            "coupon",
            "products",
            "image",
            "text",
            "progress",
            "social",
        )
    ]
    blocks_.append({"id": "pb", "kind": "banner", "source": "page"})
    made = mail(shop, bare, {"subject": EN, "blocks": blocks_}, occasion="received")
    assert (
        Page(made.html).images == []
        and [n for n in re.findall(r"b(\d+) in", made.html) if int(n) not in (9, 12)] == []
    )


def test_an_offer_of_none_takes_its_block_away_and_no_offers_leave_what_is_the_shops(shop, order):
    own = {"id": "own", "kind": "banner", "source": "own", "title": {"en": "Autumn"}}
    content = {"subject": EN, "blocks": [own]}
    assert "Autumn" in mail(shop, order, content).html
    assert "Autumn" not in mail(shop, order, content, offers={"own": None}).html


def test_a_mail_without_a_footer_has_one_all_the_same(shop, order):
    made = mail(shop, order, {"subject": EN, "blocks": []}, to=Audience(stop_url="https://a.example/s"))
    assert "because you bought from Casa Olmo" in made.html and "https://a.example/s" in made.html


def test_a_subject_cannot_bring_a_header(shop, order):
    order.customer_name = "Ana\r\nBcc: all@evil.example"
    content = {"subject": {"en": "Hello {{ customer.name }}{{ '\r\nX: y' }}"}, "blocks": []}
    made = mail(shop, order, content)
    assert made.subject == "Hello Ana Bcc: all@evil.example X: y"


def test_words_that_cannot_be_filled_in_say_so(shop, order):
    with pytest.raises(NothingToSayError):
        mail(shop, order, {"subject": {"en": "{{ a"}, "blocks": []})


def test_a_day_that_moved_says_which_it_was(shop, order):
    Transition.objects.create(
        shop=shop, order=order, kind="moment", before="eta:2026-11-23/2026-11-24", after="eta:2026-11-23/2026-11-26",
        occurred_at=make.NOW,
    )  # fmt: skip
    text = {
        "id": "t",
        "kind": "text",
        "text": {"en": "{{ order.eta_before }}, {{ news.days }} days, {{ news.left }} left"},
    }
    said = mail(shop, order, {"subject": EN, "blocks": [text]}, occasion="eta_moved").text
    assert "Tuesday 24, 2 days, 5 left" in said


def test_a_message_takes_five_queries_however_many_parcels_and_lines(shop, order):
    content = default_content("shipped", "email", ("en", "es"))
    mail(shop, order, content)
    counts = []
    for _round in range(2):
        with CaptureQueriesContext(
            connection,
        ) as asked:
            mail(shop, type(order).objects.get(pk=order.pk), content)
        counts.append(len(asked) - 1)
        for n in range(4):
            make.shipment(order)
            OrderLine.objects.create(shop=shop, order=order, position=10 * len(counts) + n, title="More")
    assert counts == [5, 5]


def test_mails_of_the_same_design_share_one_page(shop, order):
    content = default_content("received", "email", ("en", "es"))
    other = pages.order(shop, state="received")
    two = [
        mail(shop, one, content, occasion="received").layout
        for one in (pages.order(shop, state="received"), other)
    ]
    assert two[0] == two[1]


def test_a_block_that_does_not_exist_is_no_mail():
    look = blocks.Look("#1f5f4a", "#ffffff", "#1f5f4a", "#eef3f1", "#f6f5f2", "serif", 8)
    with pytest.raises(blocks.BlockError):
        blocks.html_template((blocks.Block("carousel"),), look)
