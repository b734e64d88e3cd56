"""What goes in and comes out of the addresses about offers, described: for the documentation alone."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers as s

from notifications.coupon_codes import Holds
from tracking.api.bodies import MoneyIn, moment, words
from tracking.api.shapes import Money


class RedemptionBody(s.Serializer[Any]):
    code = s.CharField(max_length=40, help_text="As the customer wrote it; capitals do not matter.")
    order = s.CharField(
        max_length=64, help_text="The number of the order it was used on; that may come in later."
    )
    amount = MoneyIn(required=False, allow_null=True, help_text="What the order came to.")
    currency = words("ISO 4217; else the shop's.", 3)
    at = moment("When; else now.", allow_null=True)


class Redemption(s.Serializer[Any]):
    coupon = s.CharField(help_text="The coupon's name.")
    code = s.CharField()
    order = s.CharField()
    amount = Money()
    currency = s.CharField()
    at = s.DateTimeField()


class CouponStanding(s.Serializer[Any]):
    """Whether a code may be used now. `used`: a code of one customer's, already; `used_up`: as often as all may."""

    code = s.CharField()
    status = s.ChoiceField(choices=[one.value for one in Holds])
    coupon = s.CharField(help_text="The coupon's name.")
    worth = s.CharField(help_text="As the shop says it: 10 %.")
    starts_at = s.DateTimeField(allow_null=True)
    ends_at = s.DateTimeField(allow_null=True)
    most = s.IntegerField(
        allow_null=True, help_text="How often all of its codes may be used; null: no limit."
    )
    redeemed = s.IntegerField()


class ProductBody(s.Serializer[Any]):
    """A product, known by its SKU. What is left out stays as it is; a new one needs a title and an address."""

    sku = s.CharField(max_length=64)
    title = words("What it is called.", 120)
    url = words("Its page, https.", 500)
    image_url = words("A picture of it, https.", 500)
    price = MoneyIn(required=False, allow_null=True)
    currency = words("ISO 4217; else the shop's.", 3)
    categories = s.ListField(child=s.CharField(max_length=60), required=False, max_length=20)
    goes_with = s.ListField(
        child=s.CharField(max_length=64),
        required=False,
        max_length=20,
        help_text="SKUs to offer to who bought it.",
    )
    available = s.BooleanField(required=False, help_text="False: offered to nobody for now.")
    position = s.IntegerField(
        min_value=-1_000_000, max_value=1_000_000, required=False, help_text="Lower ones come first."
    )


class ProductsBody(s.Serializer[Any]):
    products = ProductBody(many=True, help_text="500 at most.")


class ProductsAnswer(s.Serializer[Any]):
    created = s.IntegerField()
    updated = s.IntegerField()
    unchanged = s.IntegerField()


class ChoiceBody(s.Serializer[Any]):
    email = s.CharField(max_length=254)
    wanted = s.BooleanField(help_text="Whether they want offers.")
    at = moment("When they said so; else now.", allow_null=True)


class Choice(s.Serializer[Any]):
    wanted = s.BooleanField()
    changed = s.BooleanField(help_text="False: it was so already.")
