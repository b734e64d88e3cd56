"""Where couriers are: of one parcel, or of many in one call."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from tracking.api import bodies, shapes
from tracking.api.addresses import no_shipment, shipment_pk
from tracking.api.door import EVENTS, ShopView
from tracking.api.problems import Invalid
from tracking.api.reading import Reader
from tracking.services.courier import PositionIn, Taken, take_position, take_positions
from tracking.services.incoming import Refused

MOST = 100
NOWHERE = 0  # no parcel has this number


class Position(ShopView):
    scopes = {"POST": EVENTS}

    @extend_schema(
        operation_id="set_position",
        summary="Say where a parcel's courier is",
        request=bodies.PositionBody,
        responses={200: shapes.PositionAnswer},
        examples=[
            OpenApiExample(
                "Three stops away",
                {"latitude": 39.474, "longitude": -0.376, "stops_before": 3},
                request_only=True,
            )
        ],
    )
    def post(self, request: Request, shipment: str) -> Response:
        """Whoever looks at the parcel's page sees it move. Send it every 10 to 30 seconds while he is on his way."""
        now, pk = timezone.now(), shipment_pk(shipment)
        reader = Reader.of(request.data)
        said = _position(reader, now)
        reader.settle()
        outcome = take_position(shop=self.shop_of(request), shipment_id=pk, position=said, now=now)
        if outcome is Taken.UNKNOWN:
            raise no_shipment(shipment)
        return Response({"shipment": shipment, "outcome": outcome.value})


class Positions(ShopView):
    scopes = {"POST": EVENTS}

    @extend_schema(
        operation_id="set_positions",
        summary="Say where the couriers of up to 100 parcels are",
        request=bodies.PositionsBody,
        responses={200: shapes.PositionsAnswer},
    )
    def post(self, request: Request) -> Response:
        """Each is taken or refused by itself."""
        now = timezone.now()
        whole = Reader.of(request.data)
        readers = whole.objects("positions")
        if readers is None:
            whole.complain("positions", _("This is needed."))
        elif len(readers) > MOST:
            whole.complain("positions", _("No more than %(most)d, please.") % {"most": MOST})
        said = [(one.needed_text("shipment"), _position(one, now)) for one in (readers or [])[:MOST]]
        for one in (readers or [])[:MOST]:
            one.check_names()
        whole.settle()
        taken = take_positions(
            shop=self.shop_of(request), positions=[(_pk(name), position) for name, position in said], now=now
        )
        return Response({"results": [_line(name, one) for (name, _p), one in zip(said, taken, strict=True)]})


def _position(reader: Reader, now: datetime) -> PositionIn:
    stops = reader.take("stops_before")
    if stops is not None and type(stops) is not int:
        reader.complain(
            "stops_before",
            _("This must be a whole number from %(least)d to %(most)d.") % {"least": 0, "most": 999},
        )
        stops = None
    return PositionIn(
        latitude=_degrees(reader, "latitude"),
        longitude=_degrees(reader, "longitude"),
        at=reader.moment("at") or now,
        stops_before=stops,
        eta_from=reader.moment("eta_from"),
        eta_to=reader.moment("eta_to"),
    )


def _degrees(reader: Reader, name: str) -> float:
    value = reader.take(name)
    if isinstance(value, int | Decimal) and not isinstance(value, bool) and -360 <= value <= 360:
        return float(value)
    if value is None:
        reader.complain(name, _("This is needed."))
        return 0.0
    reader.complain(name, _("This must be degrees, like 39.474."))
    return 0.0


def _pk(name: str) -> int:
    try:
        return shipment_pk(name)
    except NotFound:
        return NOWHERE


def _line(name: str, taken: Taken | Refused) -> dict[str, Any]:
    if isinstance(taken, Refused):
        return {"shipment": name[:80], "outcome": "refused", "errors": Invalid(taken.fields).as_errors()}
    return {"shipment": name[:80], "outcome": taken.value, "errors": []}
