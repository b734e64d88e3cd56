"""What each notice says, and where its button leads. Liquid, filled in like a shop's own words."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class NoticeWords:
    """`text` is the paragraph under the headline; `short` goes out by SMS. `below`: the page below the order's that the
    button leads to, where the notice brings no address of its own."""

    subject: Promise
    headline: Promise
    text: Promise
    short: Promise
    button: Promise | str = ""
    below: str = ""
    quote: str = ""  # the variable with what a person wrote
    digits: str = ""  # the variable with the code


SEE_MY_ORDER = _("See my order")
LOOK_AT_IT = _("Look at it")
WORDS: dict[str, NoticeWords] = {
    "code": NoticeWords(
        _("Your code: {{ notice.code }}"),
        _("Your code"),
        _(
            "Type it in on the page of your order {{ order.number }}. It is good for {{ notice.minutes }} minutes.\n\n"
            "You did not ask for it? Then somebody who has the link to your order tried to change it. Without this code "
            "nobody can: do not pass it on, not even to us."
        ),
        _(
            "{{ shop.name }}: {{ notice.code }} is your code for order {{ order.number }}, good for {{ notice.minutes }} "
            "minutes. Do not pass it on."
        ),
        digits="notice.code",
    ),
    "ticket_opened": NoticeWords(
        _("Order {{ order.number }}: {{ notice.reason }}"),
        _("A message about order {{ order.number }}"),
        _("{% if customer.name %}{{ customer.name }}{% else %}Your customer{% endif %} writes: {{ notice.reason }}"),
        _("{{ shop.name }}: a message about order {{ order.number }}. {{ notice.url }}"),
        _("Read and answer"),
        quote="notice.text",
    ),
    "ticket_answered": NoticeWords(
        _("An answer about your order {{ order.number }}"),
        _("You have an answer"),
        _("{% if notice.author %}{{ notice.author }}{% else %}{{ shop.name }}{% endif %} has written to you:"),
        _("{{ shop.name }} has answered you about order {{ order.number }}. Read it here: {{ notice.url }}"),
        _("Read and answer"),
        "messages",
        quote="notice.text",
    ),
    "ticket_closed": NoticeWords(
        _("Your question about order {{ order.number }} is settled"),
        _("Your question is settled"),
        _("If it is not settled for you, write again: we take it up where we left it."),
        _("{{ shop.name }}: your question about order {{ order.number }} is settled. {{ notice.url }}"),
        _("Read it again"),
        "messages",
        quote="notice.why",
    ),
    "change_asked": NoticeWords(
        _("Order {{ order.number }}: a change is asked for"),
        _("A change is asked for"),
        _(
            "{% if customer.name %}{{ customer.name }}{% else %}Your customer{% endif %} asks for this, for order "
            "{{ order.number }}:"
        ),
        _("{{ shop.name }}: a change is asked for in order {{ order.number }}. {{ notice.url }}"),
        LOOK_AT_IT,
        quote="notice.what",
    ),
    "change_sent": NoticeWords(
        _("We have passed on your change to order {{ order.number }}"),
        _("Your change is on its way"),
        _("We have asked the carrier for this. As soon as there is an answer, we write to you again."),
        _("{{ shop.name }}: we have passed on your change to order {{ order.number }}. {{ notice.url }}"),
        SEE_MY_ORDER,
        "",
        quote="notice.what",
    ),
    "change_accepted": NoticeWords(
        _("Your change to order {{ order.number }} is confirmed"),
        _("Your change is confirmed"),
        _("It will be done as you asked.{% if notice.answer %} {{ notice.answer }}{% endif %}"),
        _("{{ shop.name }}: your change to order {{ order.number }} is confirmed. {{ notice.url }}"),
        SEE_MY_ORDER,
        "",
        quote="notice.what",
    ),
    "change_refused": NoticeWords(
        _("Your change to order {{ order.number }} could not be made"),
        _("Your change could not be made"),
        _(
            "{% if notice.answer %}{{ notice.answer }} {% endif %}The delivery stays as it was. On your order's page you can "
            "see what else is possible."
        ),
        _("{{ shop.name }}: your change to order {{ order.number }} could not be made. {{ notice.url }}"),
        SEE_MY_ORDER,
        "",
        quote="notice.what",
    ),
    "change_too_late": NoticeWords(
        _("It was too late to change order {{ order.number }}"),
        _("It was too late for your change"),
        _(
            "{% if notice.answer %}{{ notice.answer }} {% endif %}The delivery stays as it was. On your order's page you can "
            "see what else is possible."
        ),
        _("{{ shop.name }}: it was too late to change order {{ order.number }}. {{ notice.url }}"),
        SEE_MY_ORDER,
        "",
        quote="notice.what",
    ),
    "depot_note": NoticeWords(
        _("Please change the delivery of parcel {{ notice.parcel }}"),
        _("A change to one delivery"),
        _(
            "The recipient of parcel {{ notice.parcel }} asks for this:\n\n{{ notice.what }}\n\n"
            "{% if notice.address %}{{ notice.address }}\n\n{% endif %}"
            "Please answer this message to say whether it can be done."
            "{% if notice.reference %} Our reference: {{ notice.reference }}{% endif %}"
        ),
        _("{{ shop.name }}: parcel {{ notice.parcel }}: {{ notice.what }}"),
    ),
    "recipient_asked": NoticeWords(
        _("Would you like news of an order from {{ shop.name }}?"),
        _("Would you like to be kept posted?"),
        _(
            "{% if notice.by %}{{ notice.by }}{% else %}Somebody{% endif %} placed an order with {{ shop.name }} and would like "
            "you to know when it is about to arrive. If you say yes, we write to you about this one order, and you can stop it "
            "at any moment. If you do nothing, you will not hear from us again."
        ),
        _("{{ shop.name }}: would you like news of an order that is on its way? {{ notice.url }}"),
        _("Yes, keep me posted"),
    ),
    "invoice_asked": NoticeWords(
        _("Order {{ order.number }}: an invoice is asked for"),
        _("An invoice is asked for"),
        _(
            "{% if customer.name %}{{ customer.name }}{% else %}Your customer{% endif %} asks for the invoice of order "
            "{{ order.number }}."
        ),
        _("{{ shop.name }}: an invoice is asked for, for order {{ order.number }}. {{ notice.url }}"),
        LOOK_AT_IT,
    ),
    "invoice_ready": NoticeWords(
        _("The invoice for your order {{ order.number }}"),
        _("Your invoice is ready"),
        _(
            "{% if notice.number %}It has the number {{ notice.number }}. {% endif %}You find it on your order's page, to "
            "read or to print."
        ),
        _("{{ shop.name }}: the invoice for order {{ order.number }} is ready. {{ notice.url }}"),
        _("Open my invoice"),
        "invoice",
    ),
    "unhappy": NoticeWords(
        _("Order {{ order.number }}: somebody is not happy"),
        _("Somebody is not happy"),
        _(
            "{% if customer.name %}{{ customer.name }}{% else %}Your customer{% endif %} gave {{ notice.stars }} of 5 stars for "
            "order {{ order.number }}. A quick answer often turns it round."
        ),
        _("{{ shop.name }}: {{ notice.stars }} of 5 stars for order {{ order.number }}. {{ notice.url }}"),
        LOOK_AT_IT,
        quote="notice.text",
    ),
}  # fmt: skip
WHY_SHOP = _("You get this message because yours is the contact address of {{ shop.name }}.")
WHY_OTHER = _(
    "You get this message because somebody gave your address. Your address is used for nothing else."
)
