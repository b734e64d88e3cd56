"""What is said of where an order is: its states and milestones. Liquid, so that a shop starts from these."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from notifications.said import Words
from tracking.states import OrderState

_O = OrderState
STATES: dict[str, Words] = {
    _O.RECEIVED: Words(
        _("We have your order {{ order.number }}"),
        _(
            "Thank you{% if customer.first_name %}, {{ customer.first_name }}{% endif %}. We will write to you when it "
            "leaves and when it is about to arrive. On your order's page you can see at any moment how it is going, and "
            "choose which messages you get, by which channel."
        ),
        _("{{ shop.name }}: we have your order {{ order.number }}. Follow it here: {{ order.url }}"),
    ),
    _O.AWAITING_PAYMENT: Words(
        _("Your order {{ order.number }} is waiting for payment"),
        _(
            "We have noted your order and keep it for you. As soon as the payment reaches us, we start preparing it."
        ),
        _("{{ shop.name }}: order {{ order.number }} is noted and waits for the payment. {{ order.url }}"),
    ),
    _O.AWAITING_STOCK: Words(
        _("Your order {{ order.number }} is waiting for stock"),
        _(
            "{% if order.restock_day %}We expect it back on {{ order.restock_day }}, and send it right after. "
            "{% endif %}You need not do anything: it is reserved for you."
        ),
        _("{{ shop.name }}: order {{ order.number }} is reserved and waits for stock. {{ order.url }}"),
    ),
    _O.ROUTED: Words(
        _("Your order {{ order.number }} has reached our warehouse"),
        _("The people who will pack it have your order now."),
        _("{{ shop.name }}: our warehouse has your order {{ order.number }}. {{ order.url }}"),
    ),
    _O.TO_PREPARE: Words(
        _("Your order {{ order.number }} is next"),
        _("All of it is in stock, and it has its place in the line to be packed. You need not do anything."),
        _("{{ shop.name }}: order {{ order.number }} is next to be prepared. {{ order.url }}"),
    ),
    _O.PREPARING: Words(
        _("We are preparing your order {{ order.number }}"),
        _("It is being picked and packed right now. We will write again as soon as the carrier has it."),
        _("{{ shop.name }}: we are preparing your order {{ order.number }}. {{ order.url }}"),
    ),
    _O.SHIPPED: Words(
        _("Your order {{ order.number }} is on its way"),
        _(
            "{% if order.parcels > order.parcels_sent %}{{ order.parcels_sent }} of {{ order.parcels }} parcels have left; "
            "the rest follow. {% else %}{{ order.carrier }} has your parcel. {% endif %}"
            "You can follow every step on your order's page."
        ),
        _("{{ shop.name }}: your order {{ order.number }} is on its way. {{ order.url }}"),
    ),
    _O.OUT_FOR_DELIVERY: Words(
        _("Your order {{ order.number }} arrives today"),
        _(
            "It is on the van with {{ order.carrier }}. If nobody will be in, see on your order's page what you can do."
        ),
        _("{{ shop.name }}: order {{ order.number }} is out for delivery and arrives today. {{ order.url }}"),
    ),
    _O.READY_FOR_PICKUP: Words(
        _("Your order {{ order.number }} is ready to collect"),
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
    _O.PARTIALLY_DELIVERED: Words(
        _("Part of your order {{ order.number }} has arrived"),
        _(
            "{{ order.parcels_delivered }} of {{ order.parcels }} parcels have been delivered. The rest is on its way."
        ),
        _(
            "{{ shop.name }}: {{ order.parcels_delivered }} of {{ order.parcels }} parcels of order "
            "{{ order.number }} have arrived. {{ order.url }}"
        ),
    ),
    _O.DELIVERED: Words(
        _("Your order {{ order.number }} has been delivered"),
        _(
            "We hope you like it. If something is missing or not right, just answer this message: a person reads it."
        ),
        _("{{ shop.name }}: your order {{ order.number }} has been delivered. {{ order.url }}"),
    ),
    _O.DELIVERED_INCOMPLETE: Words(
        _("Your order {{ order.number }} arrived incomplete"),
        _(
            "Not everything reached you, and we know. We are looking into it and will tell you how we put it right."
        ),
        _("{{ shop.name }}: order {{ order.number }} arrived incomplete. We are on it. {{ order.url }}"),
    ),
    _O.COMPLETED: Words(
        _("How was your order {{ order.number }}?"),
        _("It has been with you for a while now. If anything is not as it should be, answer this message."),
        _("{{ shop.name }}: all well with order {{ order.number }}? If not, tell us. {{ order.url }}"),
    ),
    _O.RETURNING: Words(
        _("Your order {{ order.number }} is on its way back to us"),
        _(
            "The carrier is bringing it back. If you did not expect this, answer this message and we will sort it out."
        ),
        _("{{ shop.name }}: order {{ order.number }} is on its way back to us. {{ order.url }}"),
    ),
    _O.RETURNED: Words(
        _("Your order {{ order.number }} is back with us"),
        _("It has returned to our warehouse. We will write to you about what comes next."),
        _("{{ shop.name }}: order {{ order.number }} is back with us. {{ order.url }}"),
    ),
    _O.CANCELLED: Words(
        _("Your order {{ order.number }} has been cancelled"),
        _(
            "{% if order.cancel_reason %}{{ order.cancel_reason }} {% endif %}If this is not what you wanted, answer this "
            "message: we will see what can be done."
        ),
        _("{{ shop.name }}: your order {{ order.number }} has been cancelled. {{ order.url }}"),
    ),
    _O.INVOICE_ISSUED: Words(
        _("The invoice for your order {{ order.number }}"),
        _(
            "Your invoice{% if invoice.number %} {{ invoice.number }}{% endif %} is ready. You find it on your order's page."
        ),
        _("{{ shop.name }}: the invoice for order {{ order.number }} is ready. {{ order.url }}"),
    ),
}
