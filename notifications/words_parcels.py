"""What is said of a parcel's steps, by its status, and by those of its details that need words of their own."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from carriers.types import Status, SubStatus
from notifications.said import Words

_S = SubStatus
# `parcel.reason` and `parcel.next`: what it means and what comes next, as the order's page says it.
_SHORT = _(
    "{{ shop.name }}, order {{ order.number }}: {{ parcel.status | default: headline }}. {{ order.url }}"
)
_FOLLOW = _(
    "{% if parcel.reason %}{{ parcel.reason }} {{ parcel.next }} {% endif %}You can follow every step on your order's page."
)
_NOTHING_TO_DO = _(
    "{% if parcel.reason %}{{ parcel.reason }} {{ parcel.next }} {% endif %}You need not do anything: we write to you as soon "
    "as there is news."
)
_SEE_WHAT = _(
    "{% if parcel.reason %}{{ parcel.reason }} {{ parcel.next }} {% endif %}See on your order's page what you can do, or "
    "answer this message."
)
_OURS = _(
    "{% if parcel.reason %}{{ parcel.reason }} {{ parcel.next }} {% endif %}You will not be left without: answer this message "
    "if you would like a new one sent or your money back."
)

STATUSES: dict[Status, Words] = {
    Status.PENDING: Words(
        _("Your order {{ order.number }} is ready for the carrier"),
        _(
            "It is packed, and waits for {{ order.carrier }} to scan it. That mostly takes no more than a day."
        ),
        _SHORT,
    ),
    Status.INFO_RECEIVED: Words(
        _("Your order {{ order.number }} is packed"),
        _(
            "It is packed and labelled, and waits for {{ order.carrier }} to collect it. You hear from us when it leaves."
        ),
        _("{{ shop.name }}: order {{ order.number }} is packed and waits for the carrier. {{ order.url }}"),
    ),
    Status.IN_TRANSIT: Words(_("Your order {{ order.number }} is moving"), _FOLLOW, _SHORT),
    Status.OUT_FOR_DELIVERY: Words(
        _("Your order {{ order.number }} is on the van"),
        _(
            "It is with {{ order.carrier }}’s driver today. If nobody will be in, see on your order's page what you can do."
        ),
        _("{{ shop.name }}: order {{ order.number }} is on the van and arrives today. {{ order.url }}"),
    ),
    Status.FAILED_ATTEMPT: Words(
        _("Your order {{ order.number }} could not be delivered"),
        _SEE_WHAT,
        _(
            "{{ shop.name }}: order {{ order.number }} could not be delivered. See what you can do: {{ order.url }}"
        ),
    ),
    Status.EXCEPTION: Words(
        _("A problem with your order {{ order.number }}"),
        _SEE_WHAT,
        _(
            "{{ shop.name }}: the carrier has a problem with order {{ order.number }}. More here: {{ order.url }}"
        ),
    ),
    Status.AVAILABLE_FOR_PICKUP: Words(
        _("A parcel of your order {{ order.number }} is ready to collect"),
        _(
            "{% if pickup.name %}It is waiting for you at {{ pickup.name }}{% if pickup.until %}, until "
            "{{ pickup.until }}{% endif %}. {% endif %}Take an identity document with you."
        ),
        _(
            "{{ shop.name }}: order {{ order.number }} is ready to collect"
            "{% if pickup.name %} at {{ pickup.name }}{% endif %}{% if pickup.until %} until {{ pickup.until }}"
            "{% endif %}. {{ order.url }}"
        ),
    ),
    Status.DELIVERED: Words(
        _("A parcel of your order {{ order.number }} has arrived"),
        _(
            "{% if parcel.reason %}{{ parcel.reason }} {% endif %}If something is missing or not right, just answer this "
            "message: a person reads it."
        ),
        _("{{ shop.name }}: a parcel of order {{ order.number }} has been delivered. {{ order.url }}"),
    ),
    Status.RETURNING: Words(
        _("A parcel of your order {{ order.number }} is coming back to us"),
        _SEE_WHAT,
        _("{{ shop.name }}: a parcel of order {{ order.number }} is coming back to us. {{ order.url }}"),
    ),
    Status.RETURNED: Words(
        _("A parcel of your order {{ order.number }} is back with us"),
        _NOTHING_TO_DO,
        _("{{ shop.name }}: a parcel of order {{ order.number }} is back with us. {{ order.url }}"),
    ),
    Status.CANCELLED: Words(
        _("A parcel of your order {{ order.number }} was called off"),
        _(
            "This label was cancelled, and nothing travels with it. If another parcel takes its place, we tell you."
        ),
        _("{{ shop.name }}: a parcel of order {{ order.number }} was called off. {{ order.url }}"),
    ),
    Status.EXPIRED: Words(
        _("No news of a parcel of your order {{ order.number }}"),
        _(
            "The carrier has not said anything for a long time. If it has reached you, all is well. If not, answer this "
            "message, and we find out."
        ),
        _(
            "{{ shop.name }}: no news of order {{ order.number }} for long. Not there? Tell us: {{ order.url }}"
        ),
    ),
}

_CUSTOMS = Words(
    _("Your order {{ order.number }} is at customs"),
    _NOTHING_TO_DO,
    _("{{ shop.name }}: order {{ order.number }} is at customs. You need not do anything. {{ order.url }}"),
)
_LATE = Words(
    _("Your order {{ order.number }} takes a little longer"),
    _(
        "{% if parcel.reason %}{{ parcel.reason }} {% endif %}{% if order.eta %}{{ order.eta }}. {% endif %}We are sorry for "
        "the wait, and watch it for you."
    ),
    _("{{ shop.name }}: order {{ order.number }} takes a little longer. We are sorry. {{ order.url }}"),
)
_WHERE = Words(
    _("Where is it to go? Your order {{ order.number }}"),
    _(
        "{% if parcel.reason %}{{ parcel.reason }} {% endif %}Please look at the address on your order's page, or answer this "
        "message with what is missing: a floor, a door, a name on the bell. Then it goes on."
    ),
    _(
        "{{ shop.name }}: the carrier cannot find the address of order {{ order.number }}. Help us: {{ order.url }}"
    ),
)
_GONE = Words(
    _("We are sorry: your order {{ order.number }}"),
    _OURS,
    _("{{ shop.name }}: something happened to order {{ order.number }}. We put it right. {{ order.url }}"),
)
_LEFT = Words(
    _("Your order {{ order.number }} has been left for you"),
    _(
        "{% if parcel.reason %}{{ parcel.reason }} {% endif %}If you do not find it, just answer this message: a person reads "
        "it."
    ),
    _("{{ shop.name }}: order {{ order.number }}: {{ parcel.status | default: headline }}. {{ order.url }}"),
)

SUB_STATUSES: dict[SubStatus, Words] = {
    _S.CUSTOMS_PROCESSING: _CUSTOMS,
    _S.CUSTOMS_CLEARED: Words(
        _("Your order {{ order.number }} is through customs"),
        _FOLLOW,
        _("{{ shop.name }}: order {{ order.number }} is through customs and goes on. {{ order.url }}"),
    ),
    _S.CUSTOMS_INFO_REQUIRED: Words(
        _("Customs asks something about your order {{ order.number }}"),
        _SEE_WHAT,
        _(
            "{{ shop.name }}: customs asks something about order {{ order.number }}. See here: {{ order.url }}"
        ),
    ),
    _S.EXCEPTION_PAYMENT: Words(
        _("Charges are due on your order {{ order.number }}"),
        _SEE_WHAT,
        _(
            "{{ shop.name }}: charges are due before order {{ order.number }} goes on. See here: {{ order.url }}"
        ),
    ),
    _S.DELAYED_OPERATIONS: _LATE,
    _S.DELAYED_WEATHER: _LATE,
    _S.DELAYED_CUSTOMS: _LATE,
    _S.DELAYED_EXTERNAL: _LATE,
    _S.DELIVERY_RESCHEDULED: _LATE,
    _S.FAILED_ADDRESS: _WHERE,
    _S.EXCEPTION_ADDRESS: _WHERE,
    _S.EXCEPTION_RECIPIENT: _WHERE,
    _S.EXCEPTION_DAMAGED: _GONE,
    _S.EXCEPTION_LOST: _GONE,
    _S.EXCEPTION_DESTROYED: _GONE,
    _S.EXCEPTION_INVESTIGATION: Words(
        _("We are looking for your order {{ order.number }}"),
        _NOTHING_TO_DO,
        _(
            "{{ shop.name }}: the carrier is looking for order {{ order.number }}. We stay on it. {{ order.url }}"
        ),
    ),
    _S.PICKUP_EXPIRING: Words(
        _("Little time left to collect your order {{ order.number }}"),
        _(
            "{% if pickup.name %}It is kept for you at {{ pickup.name }}{% if pickup.until %} until {{ pickup.until }}"
            "{% endif %}, and returns to us after that. {% endif %}If you cannot go yourself, somebody else can take your "
            "code along."
        ),
        _(
            "{{ shop.name }}: little time left to collect order {{ order.number }}"
            "{% if pickup.until %}, only until {{ pickup.until }}{% endif %}. {{ order.url }}"
        ),
    ),
    _S.NEXT_STOP: Words(
        _("You are next: your order {{ order.number }}"),
        _("You are the driver's next stop. It is a matter of minutes."),
        _("{{ shop.name }}: you are the next stop for order {{ order.number }}. {{ order.url }}"),
    ),
    _S.DELIVERED_NEIGHBOUR: _LEFT,
    _S.DELIVERED_SAFE_PLACE: _LEFT,
    _S.DELIVERED_MAILBOX: _LEFT,
    _S.DELIVERED_RECEPTION: _LEFT,
}
