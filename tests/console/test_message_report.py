"""How messages fare, as a member sees it: figures in words and as a file, none where there are none."""

import csv
import io
from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from notifications.models import Message, Receipt
from tenants.isolation import shop_context
from tenants.models import Role
from tests import make
from tests.console.clients import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop():
    return make.shop(language="en", country="GB", languages=["en"])


def send(shop, status, *, reader="", days_ago=1, **fields):
    with shop_context(shop.pk):
        n = Message.objects.for_shop(shop).count()
        made = Message.objects.create(
            shop=shop, order=make.order(shop, lines=0), recipient="x", language="en", status=status,
            dedupe_key=f"k{n}", created_at=timezone.now() - timedelta(days=days_ago),
            **({"state": "shipped", "channel": "email", "template_key": "shipped"} | fields),
        )  # fmt: skip
        if reader:
            Receipt.objects.create(shop=shop, message=made, kind="opened", reader=reader, at=timezone.now())


def page(shop, query=""):
    return signed_in(shop, Role.VIEWER).get(reverse("console:report_messages", args=[shop.slug]) + query)


def test_without_messages_nothing_is_made_up(shop):
    said = page(shop).content.decode()
    assert "No messages in this time" in said
    assert "%" not in said.partition("<main")[2].partition("What counts")[0]


def test_people_perhaps_and_machines_are_told_apart(shop):
    for reader in ("human", "human", "unknown", "machine"):
        send(shop, "opened", reader=reader)
    send(shop, "bounced")
    send(shop, "sent", channel="sms", price=Decimal("0.0750"), currency="EUR")
    send(shop, "held", held_because="too_many")
    send(shop, "sent", state="ticket_opened", template_key="")  # to the shop itself
    said = " ".join(page(shop).content.decode().split())
    assert "75%" in said  # of four e-mails that did not come back, three perhaps
    assert "50% surely by a person; 70 % is good" in said
    assert "+ 1 perhaps" in said
    assert "A shopper wrote" in said
    assert "1 by machines only" in said
    assert "€0.08" in said or "€0.075" in said
    assert "Nothing was held back" not in said


def test_the_time_can_be_chosen(shop):
    send(shop, "sent", days_ago=40)
    assert "No messages in this time" in page(shop).content.decode()
    assert "No messages in this time" not in page(shop, "?days=90").content.decode()
    assert page(shop, "?days=9000").status_code == 200


def test_the_file_says_the_same_and_runs_nothing(shop):
    send(shop, "opened", reader="human", template_key="=cmd()")
    send(shop, "held", held_because="holdout", template_key="=cmd()")
    answer = signed_in(shop, Role.VIEWER).get(reverse("console:report_messages_csv", args=[shop.slug]))
    text = b"".join(answer.streaming_content).decode()
    (row,) = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    assert (row["occasion"], row["channel"], row["design"]) == ("shipped", "email", "'=cmd()")
    assert (row["sent"], row["opened_by_a_person"], row["held_holdout"]) == ("1", "1", "1")


def test_another_shops_messages_are_not_counted(shop):
    send(make.shop(), "sent")
    assert "No messages in this time" in page(shop).content.decode()
