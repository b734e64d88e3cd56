"""What a notice says: a code, an answer, what became of a request, in the shop's look."""

from __future__ import annotations

from datetime import datetime, timedelta
from html import escape
from typing import Any

from django.conf import settings
from django.utils import timezone, translation

from notifications import blocks, sandbox, words
from notifications.blocks import Block
from notifications.models import Message
from notifications.notice_words import WHY_OTHER, WHY_SHOP, WORDS, NoticeWords
from notifications.rendering import (
    MOST_SMS,
    NothingToSayError,
    Rendered,
    look_of,
    one_line,
    plain_text,
    unescape_liquid,
)
from tenants.models import Brand
from tenants.vault import unseal
from tracking.links import page_url, shop_url
from tracking.models import Notice, Order
from tracking.notices import KINDS, To

PREVIEW = 140  # characters, as a list of mails shows them
WHY = {To.SHOP: WHY_SHOP, To.OTHER: WHY_OTHER}  # of the others: that they bought


def render(message: Message) -> Rendered:
    """Runs in the context of the message's shop. Raises NothingToSayError, as for a code that is too old by now."""
    notice, order = message.notice, message.order
    if notice is None or order is None or notice.kind not in WORDS:
        raise NothingToSayError("Its notice is gone.")
    hidden = _secret(notice, timezone.now())
    with translation.override(notice.language):
        said = WORDS[notice.kind]
        values = _values(message, notice, order, said, hidden)
        try:
            if message.channel != "email":
                text = one_line(str(said.short), values)[:MOST_SMS]
                return Rendered(subject="", text=text, hidden=tuple(hidden.values()))
            return _mail(message, notice, said, values, tuple(hidden.values()))
        except (sandbox.WordsError, blocks.BlockError) as error:
            raise NothingToSayError(str(error)) from error


def reply_to(message: Message) -> str:
    """Where an answer goes: the thread, the shop; to the shop's own people, whoever it is about."""
    notice, order = message.notice, message.order
    if notice and notice.reply_key and settings.INBOUND_EMAIL_DOMAIN:
        return f"reply+{notice.reply_key}@{settings.INBOUND_EMAIL_DOMAIN}"
    if notice and order and KINDS[notice.kind].to is To.SHOP:
        return str(order.customer_email)
    return str(message.shop.contact_email)


def _secret(notice: Notice, now: datetime) -> dict[str, str]:
    """What was sealed with it, in the shape it is said: 123 456."""
    if notice.kind != "code":
        return {}
    lasts = timedelta(minutes=int(notice.about.get("minutes", "10")))
    code = unseal(notice.sealed).get("code", "")
    if not code or now - notice.created_at > lasts:
        raise NothingToSayError("The code is too old.")
    half = len(code) // 2
    return {"code": f"{code[:half]} {code[half:]}"}


def _values(
    message: Message, notice: Notice, order: Order, said: NoticeWords, secret: dict[str, str]
) -> dict[str, Any]:
    shop = message.shop
    url = notice.about.get("url") or page_url(shop, order) + said.below
    about = {name: str(value).strip() or None for name, value in notice.about.items()}
    values: dict[str, Any] = {
        "shop": {"name": shop.name, "url": shop.website or shop_url(shop)},
        "customer": {"name": order.customer_name or None},
        "order": {"number": order.number},
        "notice": {**about, **secret, "url": url},
    }
    values["preview"] = one_line(str(said.text), values)[:PREVIEW]
    return values


def _mail(
    message: Message, notice: Notice, said: NoticeWords, values: dict[str, Any], hidden: tuple[str, ...]
) -> Rendered:
    subject = one_line(str(said.subject), values)
    plain = _blocks(message, notice, said, str(said.text))
    text = plain_text(plain, values)
    if KINDS[notice.kind].to is To.DEPOT:  # read by whatever a depot has
        return Rendered(subject, text)
    brand: Brand = Brand.objects.for_shop(message.shop_id).get()
    parts = _blocks(message, notice, said, unescape_liquid(escape(str(said.text), quote=False)))
    page = blocks.html_template(parts, look_of(message.shop, brand, notice.language))
    return Rendered(subject, text, sandbox.fill(page, values, html=True), hidden)


def _blocks(message: Message, notice: Notice, said: NoticeWords, text: str) -> tuple[Block, ...]:
    shop, to = message.shop, KINDS[notice.kind].to
    contact = " · ".join(filter(None, (shop.name, shop.contact_email, shop.contact_phone)))
    why = [] if to is To.DEPOT else [str(WHY.get(to, words.WHY))]
    return (
        Block("logo"),
        Block("headline", text=str(said.headline)),
        *([Block("digits", text=f"{{{{ {said.digits} }}}}")] if said.digits else []),
        Block("text", text=text),
        *([Block("quote", text=said.quote)] if said.quote else []),
        *([Block("button", label=str(said.button), url="{{ notice.url }}")] if said.button else []),
        Block("space"),
        Block("footer", text="\n".join([contact, *why])),
    )
