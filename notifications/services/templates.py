"""A shop's own words, looked at before they are kept, and tried before they are sent."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from notifications import sandbox, words
from notifications.facts import example
from notifications.models import Message, Template
from notifications.registry import CHANNELS
from notifications.rendering import NothingToSayError, Rendered, render
from notifications.rules import TELLABLE
from tenants import audit
from tenants.models import LANGUAGES, Shop
from tenants.services import Actor
from tracking.models import Order
from tracking.states import OrderState


def _known(state: str, channel: str, language: str) -> None:
    if (
        state not in TELLABLE
        or channel not in CHANNELS
        or language not in LANGUAGES
        or not CHANNELS[channel].worded
    ):
        raise ValidationError(_("There is no such message."))


def default_words(*, state: str, channel: str, language: str) -> tuple[str, str]:
    """Subject and text a shop starts from. Raises ValidationError."""
    _known(state, channel, language)
    said = words.WORDS[OrderState(state)]
    with translation.override(language):
        return str(said.subject), str(said.text if channel == "email" else said.short)


def check_words(*, shop: Shop, state: str, subject: str, body: str) -> None:
    """Raises ValidationError for words that would not hold: broken Liquid, variables that no message has."""
    if not body.strip():
        raise ValidationError(
            {"body": _("The message says nothing: write a text, or go back to the default words.")}
        )
    for field, source in (("subject", subject), ("body", body)):
        try:
            missing = sandbox.unknown_variables(source, example(shop, state))
            sandbox.fill(source, example(shop, state), html=False)
        except sandbox.WordsError as error:
            raise ValidationError(
                {field: _("This cannot be read: %(why)s") % {"why": str(error).split("\n")[0]}}
            ) from error
        if missing:
            names = ", ".join(f"{{{{ {name} }}}}" for name in missing)
            raise ValidationError({field: _("No message has this: %(names)s.") % {"names": names}})
    if "\n" in subject or "\r" in subject:
        raise ValidationError({"subject": _("A subject is one line.")})


@transaction.atomic
def set_template(
    *, shop: Shop, state: str, channel: str, language: str, subject: str, body: str, by: Actor
) -> Template:
    """Keep the shop's own words for one message. Safe to repeat. Raises ValidationError."""
    _known(state, channel, language)
    check_words(shop=shop, state=state, subject=subject, body=body)
    template, _made = Template.objects.update_or_create(
        shop=shop,
        state=state,
        channel=channel,
        language=language,
        defaults={"subject": subject.strip(), "body": body},
    )
    audit.record(
        shop=shop, actor=by.name, role=by.role, address=by.address, action="template.changed",
        subject=f"{state}:{channel}:{language}",
    )  # fmt: skip
    return template


@transaction.atomic
def clear_template(*, shop: Shop, state: str, channel: str, language: str, by: Actor) -> None:
    """Back to the default words. Safe to repeat."""
    gone, _by_model = (
        Template.objects.for_shop(shop).filter(state=state, channel=channel, language=language).delete()
    )
    if gone:
        audit.record(
            shop=shop, actor=by.name, role=by.role, address=by.address, action="template.cleared",
            subject=f"{state}:{channel}:{language}",
        )  # fmt: skip


def preview(
    *, shop: Shop, state: str, channel: str, language: str, order: Order | None = None, now: datetime,
    subject: str | None = None, body: str | None = None,
) -> Rendered:  # fmt: skip
    """What the message would say of `order`: in the words given, else in those kept, else in the default ones.

    Without an order the shop's latest one in that state is taken, else its latest, else an example.
    Raises ValidationError.
    """
    _known(state, channel, language)
    own = Template.objects.for_shop(shop).filter(state=state, channel=channel, language=language).first()
    if body is not None:
        own = Template(
            shop=shop, state=state, channel=channel, language=language, subject=subject or "", body=body
        )
    if order is None:
        latest = Order.objects.for_shop(shop).order_by("-placed_at", "-id")
        order = latest.filter(state=state).first() or latest.first()
    if order is not None:
        order.language = language
    try:
        return render(
            shop=shop, order=order, state=state, channel=channel, language=language, own=own, now=now
        )
    except NothingToSayError as error:
        raise ValidationError(
            _("This cannot be read: %(why)s") % {"why": str(error).split("\n")[0]}
        ) from error


@transaction.atomic
def send_test(
    *,
    shop: Shop,
    state: str,
    channel: str,
    language: str,
    to: str,
    by: Actor,
    now: datetime,
    order: Order | None = None,
) -> Message:
    """Queue one message to somebody of the shop, about an order of theirs. Raises ValidationError."""
    _known(state, channel, language)
    if CHANNELS[channel].address == "email":
        validate_email(to)
    elif not (to.startswith("+") and to[1:].isdigit() and 8 <= len(to) <= 16):
        raise ValidationError(_("Write the number with its country code, for example +34600000000."))
    if order is None:
        latest = Order.objects.for_shop(shop).order_by("-placed_at", "-id")
        order = latest.filter(state=state).first() or latest.first()
    if order is None:
        raise ValidationError(_("A test message needs an order to speak of: add one first."))
    return Message.objects.create(
        shop=shop,
        order=order,
        state=state,
        channel=channel,
        dedupe_key=f"test:{uuid.uuid4()}",
        recipient=to,
        language=language,
        why=f"test by {by.name}",
        next_at=now,
        created_at=now,
    )
