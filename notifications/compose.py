"""Puts a message together: the shop's look and words, the order's facts, sender and receipt address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import formataddr, parseaddr
from html import escape, unescape
from typing import Any

from django.conf import settings
from django.utils import timezone, translation

from notifications import blocks, sandbox, words
from notifications.blocks import Block, Look
from notifications.facts import example, facts_of, logo_url
from notifications.models import ChannelAccount, Message, Template
from notifications.types import Outgoing
from tenants.colours import palette
from tenants.models import FONTS, Brand, Shop
from tenants.vault import unseal
from tracking.models import Order
from tracking.states import OrderState

MOST_SMS = 480  # characters: three segments, whatever a shop writes


class NothingToSayError(Exception):
    """A message that cannot be put together: its order is gone, or its words do not hold."""


@dataclass(frozen=True, slots=True)
class Rendered:
    subject: str
    text: str
    html: str = ""


def render(
    *,
    shop: Shop,
    order: Order | None,
    state: str,
    channel: str,
    language: str,
    own: Template | None = None,
    now: datetime,
) -> Rendered:
    """What a message about `state` says. `own`: the shop's words, saved or as they stand in the editor.

    Without an order, an example's facts are used: for a shop that has none yet. Raises NothingToSayError
    where the words cannot be filled in.
    """
    brand: Brand = Brand.objects.for_shop(shop).get()
    with translation.override(language):
        values = facts_of(shop=shop, order=order, state=state, now=now) if order else example(shop, state)
        said = words.WORDS[OrderState(state)]
        subject = own.subject if own and own.subject else str(said.subject)
        body = own.body if own else str(said.text if channel == "email" else said.short)
        try:
            if channel != "email":
                text = " ".join(sandbox.fill(body, values, html=False).split())
                return Rendered(subject="", text=text[:MOST_SMS])
            return _mail(shop, brand, language, subject, body, values)
        except (sandbox.WordsError, blocks.BlockError) as error:
            raise NothingToSayError(str(error)) from error


def _mail(
    shop: Shop, brand: Brand, language: str, subject: str, body: str, values: Mapping[str, Any]
) -> Rendered:
    # A merchant's words stand in MJML: what looks like a tag is text. Liquid's own signs come back after.
    parts = _blocks(shop, brand, values["order"]["state"], unescape_liquid(escape(body, quote=False)))
    page = blocks.html_template(parts, look_of(shop, brand, language))
    plain = _blocks(shop, brand, values["order"]["state"], body)
    text = sandbox.fill(blocks.text_template(plain), values, html=False)
    kept = "\n".join(line.rstrip() for line in text.splitlines())
    while "\n\n\n" in kept:
        kept = kept.replace("\n\n\n", "\n\n")
    return Rendered(
        subject=" ".join(sandbox.fill(subject, values, html=False).split()),
        text=kept.strip() + "\n",
        html=sandbox.fill(page, values, html=True),
    )


def unescape_liquid(escaped: str) -> str:
    """Inside {{ }} and {% %} the signs mean something to Liquid: put them back."""
    out, rest = "", escaped
    while "{" in rest:
        head, _sign, tail = rest.partition("{")
        if tail[:1] in ("{", "%"):
            end = tail.find("}}" if tail[0] == "{" else "%}")
            if end >= 0:
                out += head + "{" + unescape(tail[: end + 2])
                rest = tail[end + 2 :]
                continue
        out, rest = out + head + "{", tail
    return out + rest


def _blocks(shop: Shop, brand: Brand, state: str, body: str) -> tuple[Block, ...]:
    """The default build of a mail: the answer first, the shop's banner after it."""
    footer = [str(words.WHY)]
    contact = " · ".join(filter(None, (shop.name, shop.contact_email, shop.contact_phone)))
    parts = [
        Block("logo"),
        Block("headline", text="{{ headline }}"),
        Block("text", text=body),
        *([Block("pickup")] if state == OrderState.READY_FOR_PICKUP else []),
        Block("progress"),
        Block("button", label=str(words.BUTTON), url="{{ order.url }}"),
        Block("parcels"),
        Block("lines"),
        Block("space"),
    ]
    if brand.banner_title or brand.banner_text:
        parts.append(
            Block(
                "banner",
                title=escape(brand.banner_title),
                text=escape(brand.banner_text),
                code=escape(brand.banner_code),
                url=brand.banner_url,
                label=escape(brand.banner_label or brand.banner_url),
            )
        )
    parts.append(Block("footer", text="\n".join([contact, *footer])))
    return tuple(parts)


def look_of(shop: Shop, brand: Brand, language: str) -> Look:
    colours = palette(brand.colour, brand.background)
    # Logos are kept at up to 256 px high; in a mail they stand 32 px high at most, and no wider than half of it.
    height = min(32, brand.logo_height or 32)
    width = min(280, round(brand.logo_width * height / brand.logo_height)) if brand.logo_height else 0
    return Look(
        brand=colours["brand"],
        on_brand=colours["on_brand"],
        brand_text=colours["brand_text"],
        brand_soft=colours["brand_soft"],
        page=brand.background,
        font=FONTS[brand.font].replace('"', "'"),
        radius=brand.radius,
        logo_url=logo_url(shop, brand),
        logo_width=width,
        language=language,
    )


def compose(message: Message) -> Outgoing:
    """The message, ready to be handed over, as things stand now. Raises NothingToSayError.

    Runs in the context of the message's shop.
    """
    if message.order is None:
        raise NothingToSayError("Its order is gone.")
    account = channel_account(message.shop_id, message.channel)
    state = message.state
    own = Template.objects.for_shop(message.shop_id).filter(
        state=state, channel=message.channel, language=message.language
    )
    rendered = render(
        shop=message.shop,
        order=message.order,
        state=state,
        channel=message.channel,
        language=message.language,
        own=own.first(),
        now=timezone.now(),
    )
    return Outgoing(
        id=str(message.pk),
        to=message.recipient,
        sender=sender_of(message.shop, account, message.channel),
        subject=rendered.subject,
        text=rendered.text,
        html=rendered.html,
        reply_to=message.shop.contact_email,
        receipt_url=receipt_url(message, account) if message.channel != "email" else "",
        template=_approved_template(account, state),
        variables={"1": message.order.customer_name.split(" ")[0], "2": message.order.number},
        metadata={"shop": str(message.shop_id), "message": str(message.pk)},
    )


def channel_account(shop_id: int, channel: str) -> ChannelAccount | None:
    found: ChannelAccount | None = (
        ChannelAccount.objects.for_shop(shop_id).filter(channel=channel, enabled=True).first()
    )
    return found


def sender_of(shop: Shop, account: ChannelAccount | None, channel: str) -> str:
    """The shop's own sender; else the installation's, in the shop's name."""
    if account and account.sender:
        return (
            formataddr((shop.name, account.sender))
            if channel == "email" and "<" not in account.sender
            else account.sender
        )
    if channel == "email":
        return formataddr((shop.name, parseaddr(settings.DEFAULT_FROM_EMAIL)[1]))
    return str(settings.TWILIO_SENDER)


def secrets_of(message: Message) -> dict[str, str]:
    """The shop's own credentials on the channel, else the installation's. Raises tenants.vault.SealBrokenError."""
    account = channel_account(message.shop_id, message.channel)
    if account and account.sealed:
        return unseal(account.sealed)
    return {"account_sid": settings.TWILIO_ACCOUNT_SID, "auth_token": settings.TWILIO_AUTH_TOKEN}


def receipt_url(message: Message, account: ChannelAccount | None) -> str:
    """Where the provider reports on this message: it may do so before we know what the provider calls it."""
    key = account.receipt_key if account and account.sealed else "house"
    return f"{settings.SITE_URL}/receipts/twilio/{message.shop.slug}/{key}/{message.pk}"


def _approved_template(account: ChannelAccount | None, state: str) -> str:
    return str((account.settings.get("templates") or {}).get(state, "")) if account else ""
