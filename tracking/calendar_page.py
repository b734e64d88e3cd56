"""The delivery in the reader's own calendar: a file, and an address a calendar asks again by itself."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from tracking import headlines, sheet
from tracking.calendar_entry import Entry, calendar
from tracking.links import shop_url
from tracking.models import Order, Shipment
from tracking.proof import Field, Trust, has_faded, shows
from tracking.situation import facts_of_order
from tracking.states import OrderState
from tracking.subpages import Visit, below_the_page


@below_the_page(needs=Trust.GIFT, for_gifts=True)
def delivery(request: HttpRequest, visit: Visit) -> HttpResponse:
    """As a file; a calendar that subscribed sees it move, and being called off."""
    said = calendar(entry_of(visit), name=visit.shop.name, now=visit.clock.now)
    response = HttpResponse(said, content_type="text/calendar; charset=utf-8; method=PUBLISH")
    response["Content-Disposition"] = f'inline; filename="{_file_name(visit.order)}"'
    return response


def entry_of(visit: Visit) -> Entry:
    """No carrier, no address, no article: calendars are shared. The shop and the number are what it takes."""
    order = visit.order
    shipments: list[Shipment] = list(order.shipments.all())
    facts = facts_of_order(order, shipments, visit.clock)
    over_at = (facts.delivered_at or order.state_since) if order.state in sheet.OVER else None
    faded = has_faded(over_at, visit.clock.now)
    seen = shows(Field.ETA, visit.trust, faded=faded)
    begins, ends = (order.slot_from, order.slot_to) if order.slot_from else (order.eta_first, order.eta_last)
    return Entry(
        uid=f"order-{order.pk}@{visit.shop.slug}.rastro",
        sequence=order.version,
        title=_("Delivery from %(shop)s, order %(number)s")
        % {"shop": visit.shop.name, "number": order.number.lstrip("#")},
        text=headlines.headline(facts),
        url=f"{shop_url(visit.shop)}/t/{visit.token}/",
        place=order.city if shows(Field.TOWN, visit.trust, faded=faded) else "",
        zone=visit.clock.zone,
        begins=begins if seen else None,
        ends=ends,
        is_off=order.state in sheet.OVER
        or order.state in (OrderState.RETURNING, OrderState.READY_FOR_PICKUP),
    )


def _file_name(order: Order) -> str:
    safe = "".join(c for c in order.number if c.isascii() and (c.isalnum() or c == "-"))
    return f"{safe or 'delivery'}.ics"
