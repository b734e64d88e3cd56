"""What a notice says: a code, an answer, what became of a request, in the shop's look."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone, translation

from notifications import blocks, markup, sandbox, words
from notifications.filling import Part, part
from notifications.fronts import Front, front_of
from notifications.markup import one_line
from notifications.models import Message
from notifications.notice_words import WHY_OTHER, WHY_SHOP, WORDS, NoticeWords
from notifications.rendering import MOST_SMS, NothingToSayError, Rendered, as_mail, look_of, plain_text
from tenants.vault import unseal
from tracking.links import page_path
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
        try:
            front = front_of(message.shop)
            values = _values(message, front, notice, order, said, hidden)
            if message.channel != "email":
                text = one_line(sandbox.fill(str(said.short), values))[:MOST_SMS]
                return Rendered(subject="", text=text, hidden=tuple(hidden.values()))
            return _mail(message, front, notice, said, values, tuple(hidden.values()))
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
    message: Message, front: Front, notice: Notice, order: Order, said: NoticeWords, secret: dict[str, str]
) -> dict[str, Any]:
    shop = message.shop
    url = notice.about.get("url") or front.address + page_path(order) + said.below
    about = {name: markup.SIGNS.sub("", str(value)).strip() or None for name, value in notice.about.items()}
    values: dict[str, Any] = {
        "shop": {"name": shop.name, "url": shop.website or front.address},
        "customer": {"name": markup.SIGNS.sub("", order.customer_name) or None},
        "order": {"number": order.number},
        "notice": {**about, **secret, "url": url},
    }
    values["preview"] = one_line(sandbox.fill(str(said.text), values))[:PREVIEW]
    return values


def _mail(
    message: Message, front: Front, notice: Notice, said: NoticeWords, values: dict[str, Any], hidden: tuple[str, ...]
) -> Rendered:  # fmt: skip
    subject = one_line(sandbox.fill(str(said.subject), values))
    parts = _parts(message, notice, said, values)
    if KINDS[notice.kind].to is To.DEPOT:  # read by whatever a depot has
        return Rendered(subject, plain_text(parts))
    look = look_of(message.shop, front, notice.language)
    return as_mail(parts, look, values, subject=subject, hidden=hidden)


def _parts(message: Message, notice: Notice, said: NoticeWords, values: dict[str, Any]) -> list[Part]:
    def filled(source: object) -> str:
        return sandbox.fill(str(source), values)

    shop, to = message.shop, KINDS[notice.kind].to
    contact = " · ".join(filter(None, (shop.name, shop.contact_email, shop.contact_phone)))
    why = [] if to is To.DEPOT else [filled(WHY.get(to, words.WHY))]
    headline, text, footer = one_line(filled(said.headline)), filled(said.text), "\n".join([contact, *why])
    digits = filled(f"{{{{ {said.digits} }}}}") if said.digits else ""
    quote = filled(f"{{{{ {said.quote} }}}}") if said.quote else ""
    wanted: list[tuple[str, dict[str, Any]]] = [
        ("logo", {"plain": ""}),
        ("headline", {"text": headline, "plain": headline}),
        ("digits", {"text": digits, "plain": digits}),
        ("text", {"text": markup.as_html(text), "plain": text}),
        ("quote", {"text": markup.as_html(quote), "plain": quote}),
    ]
    parts = [
        part(kind, f"b{n}", slot)
        for n, (kind, slot) in enumerate(wanted)
        if slot.get("text") or kind == "logo"
    ]
    if said.button:
        url, label = str(values["notice"]["url"]), str(said.button)
        if markup.address(url):
            parts.append(part("button", "bb", {"url": url, "label": label, "plain": f"{label}: {url}"}))
    parts.append(part("footer", "bf", {"text": markup.as_html(footer), "plain": footer}))
    return parts
