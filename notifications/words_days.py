"""What is said of days, of waiting, and of words between people. Liquid, so that a shop starts from these."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from notifications.said import Words

DAYS: dict[str, Words] = {
    "eta_set": Words(
        _("Now we know the day: your order {{ order.number }}"),
        _(
            "{% if order.eta %}{{ order.eta }}. {% endif %}{{ order.carrier }} has told us when to expect it. Should that "
            "change, you hear from us."
        ),
        _(
            "{{ shop.name }}: news of order {{ order.number }}. {{ order.eta | default: headline }}. {{ order.url }}"
        ),
    ),
    "eta_moved": Words(
        _("A new day for your order {{ order.number }}"),
        _(
            "{% if order.eta %}{{ order.eta }}. {% endif %}{% if order.eta_before %}Until now it was "
            "{{ order.eta_before }}. {% endif %}If the new day does not suit you, see on your order's page what can be "
            "changed."
        ),
        _(
            "{{ shop.name }}: a new day for order {{ order.number }}. {{ order.eta | default: headline }}. {{ order.url }}"
        ),
    ),
    "eta_missed": Words(
        _("Your order {{ order.number }} is later than we said"),
        _(
            "It should be with you by now, and it is not. We are sorry. You need not do anything: we are watching it, and "
            "write to you as soon as there is news. If you need it urgently, answer this message."
        ),
        _(
            "{{ shop.name }}: order {{ order.number }} is late, and we are sorry. We are watching it. {{ order.url }}"
        ),
    ),
    "arrives_tomorrow": Words(
        _("Your order {{ order.number }} arrives tomorrow"),
        _(
            "Will somebody be in? If not, see on your order's page what you can do. It takes a minute, and saves you a trip."
        ),
        _(
            "{{ shop.name }}: order {{ order.number }} arrives tomorrow. Nobody in? See what you can do: {{ order.url }}"
        ),
    ),
    "arrives_today": Words(
        _("Today is the day: your order {{ order.number }}"),
        _(
            "{% if order.eta %}{{ order.eta }}. {% endif %}{{ order.carrier }} brings it to you. If nobody will be in, see "
            "on your order's page what you can do."
        ),
        _("{{ shop.name }}: order {{ order.number }} arrives today. {{ order.url }}"),
    ),
    "pickup_waiting": Words(
        _(
            "{% if news.left == 0 %}Last day to collect your order {{ order.number }}{% else %}Your order "
            "{{ order.number }} is waiting for you{% endif %}"
        ),
        _(
            "{% if news.left == 0 %}Today is the last day. {% if pickup.name %}After that {{ pickup.name }} hands your "
            "parcel back, and it returns to us. {% else %}After that your parcel returns to us. {% endif %}If you cannot "
            "go yourself, somebody else can take your code along.{% elsif news.left and news.left < 3 %}There is little "
            "time left: it is kept for you until {{ pickup.until }}, and returns to us after that."
            "{% else %}No hurry: it is kept for you{% if pickup.name %} at {{ pickup.name }}{% endif %}"
            "{% if pickup.until %} until {{ pickup.until }}{% endif %}. We only thought you would like to know.{% endif %}"
        ),
        _(
            "{{ shop.name }}: {% if news.left == 0 %}today is the last day to collect order {{ order.number }}"
            "{% else %}order {{ order.number }} is waiting for you{% if pickup.until %} until {{ pickup.until }}"
            "{% endif %}{% endif %}. {{ order.url }}"
        ),
    ),
    "silent": Words(
        _("No news of your order {{ order.number }} yet"),
        _(
            "{{ order.carrier }} has told us nothing new{% if news.days %} for {{ news.days }} days{% endif %}. Mostly the "
            "parcel turns up with its next scan. We are watching it, and you hear from us as soon as it moves. If you would "
            "rather not wait, answer this message."
        ),
        _(
            "{{ shop.name }}: no news of order {{ order.number }} from the carrier yet. We are watching it. {{ order.url }}"
        ),
    ),
    "attempt_failed": Words(
        _("Your order {{ order.number }} could not be delivered today"),
        _(
            "{% if parcel.reason %}{{ parcel.reason }} {{ parcel.next }} {% else %}{{ order.carrier }} could not hand it "
            "over. {% endif %}{% if news.attempt and news.attempt > 1 %}That was try number {{ news.attempt }}. {% endif %}"
            "See on your order's page what you can do, so that the next one works."
        ),
        _(
            "{{ shop.name }}: order {{ order.number }} could not be delivered. See what you can do: {{ order.url }}"
        ),
    ),
    "number_changed": Words(
        _("Your order {{ order.number }} goes on under another number"),
        _(
            "The carrier has given your parcel a new number{% if parcel.number %}: {{ parcel.number }}{% endif %}. Your "
            "order's page follows it already, so there is nothing you need to do."
        ),
        _(
            "{{ shop.name }}: the parcel of order {{ order.number }} has a new number. Follow it here: {{ order.url }}"
        ),
    ),
    "review_time": Words(
        _("How was your order {{ order.number }}?"),
        _(
            "{% if customer.first_name %}{{ customer.first_name }}, you{% else %}You{% endif %} have had it for a few days "
            "now. A word from you helps us, and whoever is about to choose. If something is not right, tell us first: we "
            "put it right."
        ),
        _("{{ shop.name }}: how was order {{ order.number }}? It takes a minute: {{ order.review_url }}"),
    ),
    "ticket_answered": Words(
        _("An answer about your order {{ order.number }}"),
        _("{{ shop.name }} has written to you. You can read it and answer on your order's page."),
        _(
            "{{ shop.name }} has answered you about order {{ order.number }}. Read it here: {{ order.messages_url }}"
        ),
    ),
    "change_accepted": Words(
        _("Your order {{ order.number }}: it is changed as you asked"),
        _("What you asked for is arranged. Your order's page shows how it arrives now."),
        _("{{ shop.name }}: what you asked for order {{ order.number }} is arranged. {{ order.url }}"),
    ),
    "change_refused": Words(
        _("Your order {{ order.number }}: this could not be changed"),
        _(
            "What you asked for is not possible any more, and we are sorry. Your order comes as planned; on its page you "
            "see what else can be done."
        ),
        _(
            "{{ shop.name }}: we could not change order {{ order.number }}. It comes as planned. {{ order.url }}"
        ),
    ),
}
