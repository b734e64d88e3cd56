"""DPD Germany's public tracking, as its server speaks: no key, a ladder of rungs in German, days first.

Rungs that are reached carry a moment and a place; those to come are there too, with neither.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

from carriers.simulator.parcels import Quirk, Told, View
from carriers.simulator.wire.contract import Ask, Line, Reply, Wire, html_reply, json_reply
from carriers.simulator.world import World
from carriers.types import Json, SubStatus

S = SubStatus
BERLIN = ZoneInfo("Europe/Berlin")
PATH = "/rest/plc/"
LOCALES = {"de_DE", "en_DE", "en_US"}

_MOVING = (S.IN_TRANSIT,)
_UNDELIVERED = (S.FAILED_OTHER,)
# The rungs known are few. What else befalls a parcel comes under a name nobody has listed: the words say it.
LINES: dict[SubStatus, Line] = {
    S.LABEL_CREATED: Line("ACCEPTED", "Paketinformation"),
    S.PICKED_UP: Line("AT_SENDING_DEPOT", "Im Paketzentrum", (*_MOVING, S.ARRIVED_FACILITY)),
    S.DEPARTED_FACILITY: Line("ON_THE_ROAD", "Unterwegs", _MOVING),
    S.IN_SORTING: Line("ON_THE_ROAD", "Unterwegs", _MOVING),
    S.AT_DELIVERY_DEPOT: Line("AT_DELIVERY_DEPOT", "Im Zustelldepot"),
    S.DEPARTED_COUNTRY: Line("ON_THE_ROAD", "Unterwegs", _MOVING),
    S.ARRIVED_COUNTRY: Line("ON_THE_ROAD", "Unterwegs", _MOVING),
    S.CUSTOMS_PROCESSING: Line("CUSTOMS", "In der Zollabfertigung"),
    S.CUSTOMS_INFO_REQUIRED: Line("CUSTOMS", "Beim Zoll: Unterlagen fehlen"),
    S.CUSTOMS_CLEARED: Line("CUSTOMS", "Vom Zoll freigegeben"),
    S.ON_VEHICLE: Line("OUT_FOR_DELIVERY", "In Zustellung"),
    S.FAILED_NOT_HOME: Line("NOT_DELIVERED", "Empfänger nicht angetroffen"),
    S.PICKUP_POINT: Line("AT_PARCELSHOP", "Im Pickup Paketshop", (S.PICKUP_STORE,)),
    S.DELIVERED: Line("DELIVERED", "Zugestellt"),
    S.DELIVERED_COLLECTED: Line("DELIVERED", "Im Pickup Paketshop abgeholt", (S.DELIVERED,)),
    S.EXCEPTION_PICKUP_MISSED: Line("NOT_DELIVERED", "Nicht innerhalb der Lagerfrist abgeholt", _UNDELIVERED),
    S.RETURNING: Line("RETURN_TO_SENDER", "Zurück an den Absender"),
    S.RETURNED: Line("DELIVERED", "An den Absender zugestellt"),
    S.DELAYED_WEATHER: Line("DELAYED", "Verzögerung durch das Wetter"),
    S.DELAYED_OPERATIONS: Line("DELAYED", "Verzögerung beim Transport"),
    S.EXCEPTION_INVESTIGATION: Line("INVESTIGATION", "Nachforschung läuft"),
    S.EXCEPTION_LOST: Line("INVESTIGATION", "Das Paket ist verloren gegangen"),
    S.EXCEPTION_DAMAGED: Line("DAMAGED", "Das Paket ist beschädigt"),
    S.EXCEPTION_REFUSED: Line("NOT_DELIVERED", "Annahme verweigert", (*_UNDELIVERED, S.FAILED_REFUSED)),
}
_LADDER = (S.LABEL_CREATED, S.DEPARTED_FACILITY, S.AT_DELIVERY_DEPOT, S.ON_VEHICLE, S.DELIVERED)


def answer(ask: Ask, world: World) -> Reply:
    locale, _, number = ask.path.removeprefix(PATH).partition("/")
    if ask.method != "GET" or not ask.path.startswith(PATH) or locale not in LOCALES:
        return html_reply(404, "404", "Not Found")
    view = world.view("dpd_de", number, ask.quirks)
    parcel = _parcel(view, rarer=ask.has(Quirk.SHAPE)) if view is not None else None
    return json_reply({"parcellifecycleResponse": {"parcelLifeCycleData": parcel}})


def refuse(status: int) -> Reply:
    return html_reply(status, str(status), "The request could not be served.")


def _parcel(view: View, *, rarer: bool) -> Json:
    town = view.parcel.route.destination
    return {
        "shipmentInfo": {
            "parcelLabelNumber": view.parcel.number,
            "serviceDescription": "DPD CLASSIC",
            "receiver": {"name": "NURIA VIDAL", "city": town.name, "zipCode": town.postal_code},
        },
        "statusInfo": [*(_reached(told, view, rarer=rarer) for told in view.scans), *_to_come(view)],
        "scanInfo": {"scan": []},
    }


def _rung(line: Line, *, reached: bool, current: bool) -> dict[str, Json]:
    return {
        "status": line.code,
        "label": line.text,
        "description": {"content": [line.text]},
        "statusHasBeenReached": reached,
        "isCurrentStatus": current,
        "location": "",
        "date": "",
    }


def _reached(told: Told, view: View, *, rarer: bool) -> Json:
    rung = _rung(LINES[told.kind], reached=True, current=told == view.latest) | {
        "location": f"{told.place.name} ({told.place.country})",
        "date": f"{told.at.astimezone(BERLIN):%d.%m.%Y, %H:%M}",
    }
    # Words come bare, or each in a `content` of its own.
    bare = ("label", "location", "date")
    return rung | {name: {"content": rung[name]} for name in bare} if rarer else rung


def _to_come(view: View) -> list[Json]:
    """The rungs above the highest one reached."""
    climbed = [_LADDER.index(told.kind) for told in view.scans if told.kind in _LADDER]
    above = _LADDER[max(climbed, default=-1) + 1 :] if not view.is_closed else ()
    return [_rung(LINES[kind], reached=False, current=False) for kind in above]


WIRE = Wire(
    code="dpd_de",
    name="DPD Germany",
    lines=LINES,
    answer=answer,
    refuse=refuse,
    account=lambda ask: ask.headers.get("user-agent", ""),
)
