"""Puts a message together, ready to be handed over: what it says, who sends it, where receipts go."""

from __future__ import annotations

from email.utils import formataddr, parseaddr

from django.conf import settings
from django.utils import timezone

from notifications import notice_mails
from notifications.links import stop_url
from notifications.models import ChannelAccount, Message
from notifications.rendering import Audience, NothingToSayError, render
from notifications.services.listeners import browser_of, follower_of
from notifications.services.templates import design_of
from notifications.types import Outgoing
from tenants.models import Shop
from tenants.vault import unseal
from tracking.links import gift_url, page_url, shop_url
from tracking.models import Order


def compose(message: Message) -> Outgoing:
    """The message, ready to be handed over, as things stand now. Raises NothingToSayError.

    Runs in the context of the message's shop.
    """
    if message.order is None:
        raise NothingToSayError("Its order is gone.")
    account = channel_account(message.shop_id, message.channel)
    if message.notice:
        return _notice(message, account)
    if message.channel == "push":
        return _push(message, message.order)
    to = audience_of(message, message.order)
    design = design_of(message.shop, message.template_key or message.state, message.channel)
    rendered = render(
        shop=message.shop,
        order=message.order,
        occasion=message.state,
        channel=message.channel,
        language=message.language,
        content=design.content,
        now=timezone.now(),
        to=to,
    )
    return Outgoing(
        id=str(message.pk),
        to=message.recipient,
        sender=sender_of(message.shop, account, message.channel),
        subject=rendered.subject,
        text=rendered.text,
        html=rendered.html,
        reply_to=message.shop.contact_email,
        headers=one_click(to.stop_url) if message.channel == "email" and to.stop_url else {},
        receipt_url=receipt_url(message, account) if message.channel != "email" else "",
        template=_approved_template(account, message.state),
        variables={"1": message.order.customer_name.split(" ")[0], "2": message.order.number},
        layout=rendered.layout,
        version=design.version,
        metadata={"shop": str(message.shop_id), "message": str(message.pk)},
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
        sender=sender_of(message.shop, account, message.channel),
        subject=said.subject,
        text=said.text,
        html=said.html,
        reply_to=notice_mails.reply_to(message),
        receipt_url=receipt_url(message, account) if message.channel != "email" else "",
        metadata={"shop": str(message.shop_id), "message": str(message.pk)},
        hidden=said.hidden,
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
    if message.channel == "push":
        browser = browser_of(message)
        return unseal(browser.sealed) if browser else {}
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
