"""Coupons, for the shop's checkout: may this code be used, and it was."""

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

from notifications.api import shapes
from notifications.models import Redemption
from notifications.services import coupons, sales
from tenants.models import Shop
from tracking.api.addresses import plain
from tracking.api.answers import money
from tracking.api.door import ShopView
from tracking.api.reading import Reader
from tracking.services.values import Notes, currencies

READ, WRITE = "offers:read", "offers:write"


class OneCoupon(ShopView):
    scopes = {"GET": READ}

    @extend_schema(
        operation_id="get_coupon",
        summary="Ask whether a coupon's code may be used",
        responses={200: shapes.CouponStanding},
    )
    def get(self, request: Request, code: str) -> Response:
        """The one code of a coupon for everybody, or one of those given to a customer each."""
        found = coupons.find(self.shop_of(request), plain(code)[:80])
        if found is None:
            raise NotFound(_("None of your coupons has this code."))
        coupon = found.coupon
        return Response(
            {
                "code": found.code,
                "status": coupons.standing_of_code(found, timezone.now()).value,
                "coupon": coupon.name,
                "worth": coupon.worth,
                "starts_at": _said(coupon.starts_at),
                "ends_at": _said(coupon.ends_at),
                "most": coupon.most,
                "redeemed": coupon.redemptions.count(),
            }
        )


class Redemptions(ShopView):
    scopes = {"POST": WRITE}

    @extend_schema(
        operation_id="redeem_coupon",
        summary="Say that a coupon was used on an order",
        request=shapes.RedemptionBody,
        responses={200: shapes.Redemption, 201: shapes.Redemption},
        examples=[
            OpenApiExample(
                "On an order",
                {"code": "HELLO-7KX4-9QM3", "order": "1042", "amount": "49.90"},
                request_only=True,
            )
        ],
    )
    def post(self, request: Request) -> Response:
        """Counted once an order and coupon, however often you say it: 201 the first time, 200 after. Orders that come
        in with the code among their `coupons` count by themselves."""
        now, shop = timezone.now(), self.shop_of(request)
        reader = Reader.of(request.data)
        said: dict[str, Any] = {"code": reader.needed_text("code"), "number": reader.needed_text("order")}
        said |= {"amount": reader.amount("amount"), "currency": reader.text("currency", "")}
        said["at"] = reader.moment("at")
        reader.settle()
        kept, is_new = coupons.redeem(shop=shop, **_checked(shop, said, now))
        if kept.order_id:
            sales.settle(shop_id=shop.pk, order_ids=[kept.order_id])
        return Response(_answer(kept), status=201 if is_new else 200)


def _checked(shop: Shop, said: dict[str, Any], now: datetime) -> dict[str, Any]:
    notes = Notes()
    currency = notes.text("currency", said["currency"], 10).upper() or shop.currency
    if currency not in currencies():
        notes.add("currency", _("Write the currency as its three letters, like EUR or BRL."))
        currency = shop.currency
    amount: Decimal | None = None
    if said["amount"] is not None:
        amount = notes.money("amount", said["amount"], currency)
    checked = {
        "code": notes.text("code", said["code"], 40),
        "order_number": notes.text("order", said["number"], 64),
        "amount": amount,
        "currency": currency,
        "at": now if said["at"] is None else notes.moment("at", said["at"], now),
    }
    for name, given in (("code", checked["code"]), ("order", str(checked["order_number"]).strip("# "))):
        if not given and name not in notes.fields:
            notes.add(name, _("This is needed."))
    notes.settle()
    return checked


def _answer(kept: Redemption) -> dict[str, Any]:
    return {
        "coupon": kept.coupon.name,
        "code": kept.code,
        "order": kept.order_number,
        "amount": money(kept.amount, kept.currency),
        "currency": kept.currency,
        "at": _said(kept.at),
    }


def _said(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
