"""Pickup places: told to us in bulk, by whoever keeps the carrier's list."""

from __future__ import annotations

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from tracking.api import bodies, shapes
from tracking.api.door import WRITE, ShopView
from tracking.api.reading import Reader
from tracking.services.offering import MOST_PLACES, put_places


class PickupPlaces(ShopView):
    scopes = {"PUT": WRITE}

    @extend_schema(
        operation_id="put_pickup_places",
        summary="Add or update pickup points and lockers",
        request=bodies.PlacesBody,
        responses={200: shapes.PlacesAnswer},
    )
    def put(self, request: Request) -> Response:
        """Known by carrier and code: sent again, a place is brought up to date. All are taken, or none: with 422
        comes what is wrong, place by place. Shoppers choose among those of their parcel's carrier."""
        reader = Reader.of(request.data)
        said = reader.listed("places")
        if said is None:
            reader.complain("places", _("This is needed."))
        elif len(said) > MOST_PLACES:
            reader.complain("places", _("No more than %(most)d places at once.") % {"most": MOST_PLACES})
        elif any(not isinstance(one, dict) for one in said):
            reader.complain("places", _("This must be a JSON object: {…}."))
        reader.settle()
        taken = put_places(shop=self.shop_of(request), places=said or [])
        return Response({"created": taken.created, "updated": taken.updated})
