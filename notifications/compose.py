"""Puts a message together, ready to be handed over: what it says, who sends it, where receipts go."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from email.utils import formataddr, parseaddr
from typing import Any

from django.conf import settings
from django.utils import timezone

from notifications import notice_mails
from notifications.contents import Content, said_in
from notifications.links import no_offers_url, pixel_url, stop_url
from notifications.models import ChannelAccount, Message, MessageSetup
from notifications.phone_senders import country_of, sender_for
from notifications.providers import PROVIDERS
from notifications.rendering import Audience, NothingToSayError, render
from notifications.segments import length_of, price_of
from notifications.services.following_links import counted_links
from notifications.services.listeners import browser_of, follower_of
from notifications.services.offers import offers_for, sells_anything
from notifications.services.ruling import setup_of
from notifications.services.templates import design_of
from notifications.types import Outgoing
from tenants.models import Shop
from tenants.remembering import remembered
from tenants.vault import unseal
from tracking.links import gift_url, page_url, shop_url
from tracking.models import Order


def compose(message: Message) -> Outgoing:
    """The message, ready to be handed over, as things stand now. Raises NothingToSayError.

    Runs in the context of the message's shop.
    """
    if message.order is None:
        raise NothingToSayError("Its order is gone.")
    account = in_use(channel_account(message.shop_id, message.channel))
    if message.notice:
        return _notice(message, account)
    if message.channel == "push":
        return _push(message, message.order)
    to = audience_of(message, message.order)
    design = design_of(message.shop, message.template_key or message.state, message.channel)
    now = timezone.now()
    offers = offers_for(
        shop=message.shop, order=message.order, content=design.content, now=now, message=message
    )
    if sells_anything(offers):
        to = replace(to, no_offers_url=no_offers_url(message.shop, message.order))
    rendered = render(
        shop=message.shop,
        order=message.order,
        occasion=message.state,
        channel=message.channel,
        language=message.language,
        content=design.content,
        now=now,
        to=to,
        offers=offers,
    )
    is_mail, setup = message.channel == "email", setup_of(message.shop_id)
    template, variables = _approved(message, message.order, account, design.content, rendered.variables)
    return Outgoing(
        id=str(message.pk),
        to=message.recipient,
        sender=sender_of(message.shop, account, message.channel, message.recipient),
        subject=rendered.subject,
        text=rendered.text,
        html=rendered.html,
        reply_to=reply_to(message.shop, account) if is_mail else "",
        headers=headers_of(message, to.stop_url) if is_mail else {},
        receipt_url="" if is_mail else receipt_url(message, account),
        template=template,
        variables=variables,
        layout=rendered.layout,
        version=design.version,
        metadata={"shop": str(message.shop_id), "message": str(message.pk)},
        links=counted_links(message=message, rendered=rendered, content=design.content, offers=offers),
        pixel_url=pixel_url(message.shop, message.pk) if is_mail and setup.counts_opens else "",
        **_cost(message, rendered.text, setup),
    )


def audience_of(message: Message, order: Order) -> Audience:
    """Raises NothingToSayError where who was to hear it has been removed since, or has had enough."""
    stop = stop_url(message.shop, order, message.whom)
    if not message.whom:
        return Audience(alerts_url=page_url(message.shop, order) + "alerts", stop_url=stop)
    follower = follower_of(message)
    if follower is None or follower.confirmed_at is None or follower.stopped_at:
        raise NothingToSayError("Its recipient does not want it any more.")
    # The customer may have made the link void: then the shop's own door is all there is to give.
    url = gift_url(message.shop, order) if order.gift_hash else shop_url(message.shop)
    return Audience(stop_url=stop, is_other=True, page_url=url)


def headers_of(message: Message, stop: str) -> dict[str, str]:
    """What mailbox providers ask of who writes to many: a way out, and whose complaints these are."""
    feedback = f"{message.state}:{message.shop.slug}:{message.rule_key or 'rule'}:rastro"
    return {"Feedback-ID": re.sub(r"[^\w:.-]", "-", feedback)[:120]} | (one_click(stop) if stop else {})


def one_click(url: str) -> dict[str, str]:
    """What lets a mail program offer to unsubscribe. RFC 8058."""
    return {"List-Unsubscribe": f"<{url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def _push(message: Message, order: Order) -> Outgoing:
    """To the one browser: who writes, the headline, and where a tap leads. No more leaves the house."""
    if browser_of(message) is None:
        raise NothingToSayError("The browser no longer listens.")
    said = render(
        shop=message.shop,
        order=order,
        occasion=message.state,
        channel="push",
        language=message.language,
        content={},
        now=timezone.now(),
    )
    return Outgoing(
        id=str(message.pk),
        to=message.recipient,
        sender="",
        subject=said.subject,
        text=said.text,
        metadata={"url": page_url(message.shop, order), "tag": f"order-{order.pk}"},
    )


def _notice(message: Message, account: ChannelAccount | None) -> Outgoing:
    said = notice_mails.render(message)
    return Outgoing(
        id=str(message.pk),
        to=message.recipient,
        sender=sender_of(message.shop, account, message.channel, message.recipient),
        subject=said.subject,
        text=said.text,
        html=said.html,
        reply_to=notice_mails.reply_to(message),
        receipt_url=receipt_url(message, account) if message.channel != "email" else "",
        metadata={"shop": str(message.shop_id), "message": str(message.pk)},
        hidden=said.hidden,
        **_cost(message, said.text, setup_of(message.shop_id)),
    )


@remembered
def channel_account(shop_id: int, channel: str) -> ChannelAccount | None:
    found: ChannelAccount | None = (
        ChannelAccount.objects.for_shop(shop_id).filter(channel=channel, enabled=True).first()
    )
    return found


def in_use(account: ChannelAccount | None) -> ChannelAccount | None:
    """None where the shop's own From is not to be used yet: the world would take such mails for forged.

    Then they go out by the installation, in the shop's name, and answers go to the shop's own address.
    """
    if account is None or account.channel != "email":
        return account
    return account if account.sender and account.settings.get("fit") else None


def sender_of(shop: Shop, account: ChannelAccount | None, channel: str, to: str) -> str:
    """The shop's own sender; else the installation's, in the shop's name."""
    if channel == "email":
        if account:
            return formataddr((str(account.settings.get("name") or shop.name), account.sender))
        return formataddr((shop.name, parseaddr(settings.DEFAULT_FROM_EMAIL)[1]))
    own = account.settings.get("senders") or {} if account else {}
    return sender_for(to, own, account.sender if account and account.sender else str(settings.TWILIO_SENDER))


def reply_to(shop: Shop, account: ChannelAccount | None) -> str:
    """Where answers go; not said where that is the From anyway."""
    wanted = shop.contact_email or _own_address(shop)
    return "" if account and wanted == account.sender else wanted


def _own_address(shop: Shop) -> str:
    held = channel_account(shop.pk, "email")
    return held.sender if held else ""


def secrets_of(message: Message) -> dict[str, str]:
    """The shop's own credentials on the channel, else the installation's: for e-mail none, since those are Django's.
    Raises tenants.vault.SealBrokenError."""
    if message.channel == "push":
        browser = browser_of(message)
        return unseal(browser.sealed) if browser else {}
    account = in_use(channel_account(message.shop_id, message.channel))
    if message.channel == "email":
        return line_of(account) if account else {}
    if account and account.sealed:
        return dict(_opened(account.sealed))
    return {"account_sid": settings.TWILIO_ACCOUNT_SID, "auth_token": settings.TWILIO_AUTH_TOKEN}


def line_of(account: ChannelAccount) -> dict[str, str]:
    """The shop's own mail provider with its settings and secrets; empty: the installation's."""
    provider = PROVIDERS.get(str(account.settings.get("provider", "")))
    if provider is None:
        return {}
    told = {one.name: str(account.settings.get(one.name, "")) for one in provider.settings}
    return {"provider": provider.code, **told, **_opened(account.sealed)}


@remembered
def _opened(sealed: str) -> dict[str, str]:
    return unseal(sealed)


def receipt_url(message: Message, account: ChannelAccount | None) -> str:
    """Where the provider reports on this message: it may do so before we know what the provider calls it."""
    key = account.receipt_key if account and account.sealed else "house"
    return f"{settings.SITE_URL}/receipts/twilio/{message.shop.slug}/{key}/{message.pk}"


def _approved(
    message: Message,
    order: Order,
    account: ChannelAccount | None,
    content: Content,
    variables: Mapping[str, str],
) -> tuple[str, Mapping[str, str]]:
    """WhatsApp's approved template in the message's language, and its variables: the design's, or those the shop kept
    before designs had any."""
    if message.channel != "whatsapp":
        return "", {}
    if own := said_in(content.get("template"), message.language, message.shop.language):
        return own, variables
    kept = (account.settings.get("templates") or {}) if account else {}
    return str(kept.get(message.state, "")), {"1": order.customer_name.split(" ")[0], "2": order.number}


def _cost(message: Message, text: str, setup: MessageSetup) -> dict[str, Any]:
    """Of an SMS: how many the network makes of it, and what that costs by the shop's own prices."""
    if message.channel != "sms":
        return {}
    segments = length_of(text).segments
    price = price_of(segments, country_of(message.recipient), setup.sms_prices)
    return {"segments": segments, "price": price, "currency": setup.sms_currency if price is not None else ""}
