"""Whether somebody wants offers, said by the shop's own systems."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from notifications.api import shapes
from notifications.api.coupons import WRITE
from notifications.services.marketing_choices import record
from tracking.api.door import ShopView
from tracking.api.reading import Reader
from tracking.search import email_key
from tracking.services.values import Notes


class MarketingChoices(ShopView):
    scopes = {"POST": WRITE}

    @extend_schema(
        operation_id="set_marketing_choice",
        summary="Say whether a customer wants offers",
        request=shapes.ChoiceBody,
        responses={200: shapes.Choice, 201: shapes.Choice},
    )
    def post(self, request: Request) -> Response:
        """The latest word counts, whoever brought it: this, an order's `wants_marketing`, or the link in a message. The
        address is kept as a hash alone."""
        now = timezone.now()
        reader = Reader.of(request.data)
        email, wanted, at = reader.needed_text("email"), reader.take("wanted"), reader.moment("at")
        if type(wanted) is not bool:
            reader.complain("wanted", _("This must be true or false."))
        reader.settle()
        notes = Notes()
        email = notes.text("email", email, 254)
        try:
            validate_email(email)
        except ValidationError:
            notes.add("email", _("This is not an e-mail address: check it for typing errors."))
        at = now if at is None else notes.moment("at", at, now)
        notes.settle()
        person = email_key(email)
        shop = self.shop_of(request)
        changed = record(shop=shop, person=person, wanted=wanted, source="api", at=min(at, now))
        return Response({"wanted": wanted, "changed": changed}, status=201 if changed else 200)
