"""Answers by e-mail: into the right thread, once, from the right person; handed in as a provider does."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from django.test import Client

from tenants.isolation import shop_context
from tests import make
from tests.tracking import pages, tickets
from tests.tracking.tickets import again, texts
from tracking.models import TicketMessage, TicketPhoto
from tracking.services.tickets import close

PASSWORD = "rastro:knock-knock"
DOMAIN = "in.rastro.example"
ADDRESS = "/receipts/email/postmark/inbound/"


@pytest.fixture(autouse=True)
def _inbound(settings):
    settings.INBOUND_EMAIL_DOMAIN = DOMAIN
    settings.ANYMAIL = {"WEBHOOK_SECRET": PASSWORD}


@pytest.fixture
def shop(db):
    return pages.shop()


@pytest.fixture
def ticket(shop):
    order, _parcel = tickets.order(shop)
    return tickets.ticket(shop, order)


def mail(ticket, **fields: Any) -> dict[str, Any]:
    to = fields.pop("to", f"reply+{ticket.reply_key}@{DOMAIN}")
    sender = fields.pop("sender", "marta@example.com")
    headers = [{"Name": name, "Value": said} for name, said in fields.pop("headers", {}).items()]
    return {
        "FromFull": {"Email": sender, "Name": "Marta", "MailboxHash": ""},
        "ToFull": [{"Email": to, "Name": "", "MailboxHash": ""}],
        "CcFull": [],
        "BccFull": [],
        "Subject": "Re: An answer about your order",
        "MessageID": "22c74902-a0c1-4511-804f-341342852c90",
        "TextBody": "It is here now.\n\nOn Sat, 21 Nov 2026 at 12:05, Olmo <x@in.example> wrote:\n> Is it?",
        "HtmlBody": "",
        "Headers": [{"Name": "Message-ID", "Value": "<one@mail.example>"}, *headers],
        "Attachments": [],
        **fields,
    }


def hand_in(told: dict[str, Any], password: str = PASSWORD) -> Any:
    auth = base64.b64encode(password.encode()).decode()
    return Client(headers={"host": "testserver", "authorization": f"Basic {auth}"}).post(
        ADDRESS, json.dumps(told), content_type="application/json"
    )


def test_an_answer_goes_into_its_thread_without_what_it_answers(ticket):
    assert hand_in(mail(ticket)).status_code == 200
    assert texts(ticket)[1:] == ["shopper: It is here now."]
    assert (again(ticket).status, ticket.last_by) == ("open", "shopper")


def test_the_same_mail_again_is_stored_once(ticket):
    for _twice in range(2):
        assert hand_in(mail(ticket)).status_code == 200
    assert len(texts(ticket)) == 2


def test_without_the_password_nothing_is_taken(ticket):
    assert hand_in(mail(ticket), password="rastro:wrong").status_code == 400
    assert len(texts(ticket)) == 1


@pytest.mark.parametrize("where", ["CcFull", "OriginalRecipient", "capitals"])
def test_the_key_is_found_wherever_the_address_stands(ticket, where):
    address = f"reply+{ticket.reply_key}@{DOMAIN}"
    told = mail(ticket, to="hola@olmo.example")
    if where == "OriginalRecipient":
        told[where] = address
    else:
        told["CcFull"] = [{"Email": address.upper() if where == "capitals" else address, "Name": ""}]
    hand_in(told)
    assert len(texts(ticket)) == 2


@pytest.mark.parametrize(
    "to",
    ["reply+1-aaaaaaaaaaaaaaaaaaaaaaaa@in.rastro.example", "reply+x@in.rastro.example", "hola@in.rastro.example",
     "reply+99999999-aaaaaaaaaaaaaaaaaaaaaaaa@in.rastro.example", "reply+@in.rastro.example"],
)  # fmt: skip
def test_a_mail_to_no_thread_is_let_go(ticket, to):
    assert hand_in(mail(ticket, to=to)).status_code == 200
    assert len(texts(ticket)) == 1


def test_a_mail_to_another_domain_is_not_ours(ticket):
    hand_in(mail(ticket, to=f"reply+{ticket.reply_key}@evil.example"))
    assert len(texts(ticket)) == 1


def test_another_shop_s_key_opens_no_thread_of_this_one(ticket):
    other = pages.shop()
    stolen = f"{other.pk}-{ticket.reply_key.partition('-')[2]}"
    hand_in(mail(ticket, to=f"reply+{stolen}@{DOMAIN}"))
    assert len(texts(ticket)) == 1


def test_from_another_address_it_is_kept_for_agents_alone(ticket):
    hand_in(mail(ticket, sender="eve@evil.example"))
    with shop_context(ticket.shop_id):
        row = TicketMessage.objects.for_shop(ticket.shop_id).latest("id")
    assert (row.internal, row.author, row.text) == (True, "eve@evil.example", "It is here now.")


@pytest.mark.parametrize(
    "headers",
    [{"Auto-Submitted": "auto-replied"}, {"Precedence": "bulk"}, {"X-Autoreply": "yes"}, {"Auto-Submitted": "Auto-Generated; x"}],
)  # fmt: skip
def test_machines_are_not_answered(ticket, headers):
    hand_in(mail(ticket, headers=headers))
    assert len(texts(ticket)) == 1


def test_a_bounce_is_not_an_answer(ticket):
    told = mail(ticket)
    told["Headers"].insert(0, {"Name": "Return-Path", "Value": "<>"})
    hand_in(told)
    assert len(texts(ticket)) == 1


def test_an_answer_takes_up_what_was_closed(shop, ticket):
    close(shop=shop, ticket=ticket, by=None, now=make.NOW)
    hand_in(mail(ticket))
    assert (again(ticket).status, ticket.reopened) == ("open", 1)


def test_pictures_come_along_and_other_files_do_not(ticket):
    def file(name, kind, content):
        return {"Name": name, "ContentType": kind, "Content": base64.b64encode(content).decode()}

    files = [
        file("plate.png", "image/png", tickets.picture("PNG", size=(900, 700))),
        file("logo.png", "image/png", tickets.picture("PNG", size=(40, 20))),
        file("broken.jpg", "image/jpeg", b"nothing"),
        file("virus.exe", "application/octet-stream", b"MZ"),
    ]
    hand_in(mail(ticket, Attachments=files))
    with shop_context(ticket.shop_id):
        assert list(TicketPhoto.objects.for_shop(ticket.shop_id).values_list("width", "height")) == [
            (900, 700)
        ]


def test_a_mail_of_ten_megabytes_is_taken(ticket):
    padding = base64.b64encode(b"\0" * 7 * 2**20).decode()
    files = [{"Name": "film.mov", "ContentType": "video/quicktime", "Content": padding}]
    assert hand_in(mail(ticket, Attachments=files)).status_code == 200
    assert len(texts(ticket)) == 2


def test_a_mail_of_html_alone_is_read(ticket):
    hand_in(mail(ticket, TextBody="", HtmlBody="<p>It <b>came</b>.</p><p>Thanks &amp; bye</p>"))
    assert "It came." in texts(ticket)[-1]
    assert "<" not in texts(ticket)[-1].removeprefix("shopper: ")


def test_where_no_domain_is_set_nothing_comes_in(ticket, settings):
    settings.INBOUND_EMAIL_DOMAIN = ""
    hand_in(mail(ticket))
    assert len(texts(ticket)) == 1
