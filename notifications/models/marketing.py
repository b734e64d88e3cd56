"""What a message sells beside its news: coupons, products, banners; who followed which link, and what was bought after."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from notifications.models.messages import Message
from tenants.isolation import ShopForeignKey
from tenants.models import ShopModel
from tracking.models import Order


class Coupon(ShopModel):
    """A discount a shop gives away in messages: one code for all, or one from a pool for each shopper."""

    name = models.CharField(max_length=80)
    worth = models.CharField(max_length=80, blank=True)  # in words, as the shop says it: 10 %
    code = models.CharField(max_length=40, blank=True)  # shared by all; empty: from the pool
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    most = models.PositiveIntegerField(null=True, blank=True)  # redemptions in all; null: no limit
    enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "name"], name="coupon_name_once")]

    def __str__(self) -> str:
        return self.name


class CouponCode(ShopModel):
    """One code of a pool: nobody's, then somebody's for good."""

    coupon = ShopForeignKey(Coupon, models.CASCADE, related_name="codes")
    code = models.CharField(max_length=40)
    code_key = models.CharField(max_length=40, db_collation="C")  # upper case
    order = ShopForeignKey(Order, models.SET_NULL, null=True, blank=True, related_name="coupon_codes")
    given_at = models.DateTimeField(null=True, blank=True)  # null: still free

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "code_key"], name="coupon_code_once"),
            models.UniqueConstraint(
                fields=["shop", "coupon", "order"], condition=~Q(order=None), name="coupon_code_once_an_order"
            ),
        ]
        indexes = [
            models.Index(fields=["shop", "coupon", "id"], condition=Q(given_at=None), name="coupon_code_free")
        ]

    def __str__(self) -> str:
        return self.code


class CouponGiven(ShopModel):
    """A coupon that went out to the shopper of an order, once: by which message first."""

    coupon = ShopForeignKey(Coupon, models.CASCADE, related_name="gifts")
    order = ShopForeignKey(Order, models.CASCADE, related_name="coupons_given")
    message = ShopForeignKey(Message, models.SET_NULL, null=True, blank=True, related_name="coupons_given")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "coupon", "order"], name="coupon_given_once"),
        ]

    def __str__(self) -> str:
        return f"coupon {self.coupon_id} to order {self.order_id}"


class Redemption(ShopModel):
    """A coupon used. `order_number`: of the order it was used on, which may be unknown here."""

    coupon = ShopForeignKey(Coupon, models.CASCADE, related_name="redemptions")
    code = models.CharField(max_length=40)
    order_number = models.CharField(max_length=64)
    order = ShopForeignKey(Order, models.SET_NULL, null=True, blank=True, related_name="redemptions")
    amount = models.DecimalField(max_digits=15, decimal_places=3, null=True, blank=True)  # of the order
    currency = models.CharField(max_length=3, blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["shop", "coupon", "order_number"], name="redemption_once_an_order"
            )
        ]
        indexes = [
            models.Index(fields=["shop", "-at"], name="redemption_latest"),
            # The order may come in after the coupon was used on it.
            models.Index(
                fields=["shop", "order_number"], condition=Q(order=None), name="redemption_of_unknown"
            ),
            models.Index(fields=["shop", "order"], condition=~Q(order=None), name="redemption_of_order"),
        ]

    def __str__(self) -> str:
        return f"{self.code} on {self.order_number}"


class Product(ShopModel):
    """One article of a shop's catalogue, as messages may show it."""

    sku = models.CharField(max_length=64)
    title = models.CharField(max_length=120)
    url = models.URLField(max_length=500)
    image_url = models.URLField(max_length=500, blank=True)
    price = models.DecimalField(max_digits=15, decimal_places=3, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    categories = ArrayField(models.CharField(max_length=60), default=list, db_default=[], blank=True)
    goes_with = ArrayField(models.CharField(max_length=64), default=list, db_default=[], blank=True)  # SKUs
    available = models.BooleanField(default=True)
    position = models.IntegerField(default=0)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "sku"], name="product_once")]
        indexes = [
            models.Index(fields=["shop", "position", "id"], name="product_in_order"),
            models.Index(
                fields=["shop", "position", "id"], condition=Q(available=True), name="product_to_be_had"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Shelf(ShopModel):
    """A product that can be had, in one of its categories: so that the first few of one are found at once among 100,000
    (under row-level security no index of an array is of use)."""

    product = ShopForeignKey(Product, models.CASCADE, related_name="shelves")
    category = models.CharField(max_length=60, db_collation="C")
    position = models.IntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "product", "category"], name="shelf_once")]
        indexes = [
            models.Index(fields=["shop", "category", "position", "product"], name="shelf_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.category}: {self.product_id}"


class Banner(ShopModel):
    """What a shop wants seen by some of its shoppers for a while. Messages with a banner block show the first that fits."""

    name = models.CharField(max_length=80)
    texts = models.JSONField(default=dict)  # {"es": {"title", "text", "label"}}
    url = models.URLField(max_length=500, blank=True)
    picture = models.CharField(max_length=32, blank=True)  # digest of a Picture
    coupon = ShopForeignKey(Coupon, models.SET_NULL, null=True, blank=True, related_name="banners")
    audience = models.JSONField(default=list, blank=True)  # conditions, as a rule's
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    enabled = models.BooleanField(default=True)
    position = models.IntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["shop", "position", "id"], name="banner_in_order")]

    def __str__(self) -> str:
        return self.name


class MarketingChoice(ShopModel):
    """What a shopper said about being sold to. Never changed: the latest counts. The address as a hash."""

    address_hash = models.CharField(max_length=64)
    wanted = models.BooleanField()
    source = models.CharField(max_length=16)  # order, link, api, agent
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["shop", "address_hash", "-at"], name="marketing_choice_latest")]

    def __str__(self) -> str:
        return f"{'yes' if self.wanted else 'no'} by {self.source}"


class LinkTarget(ShopModel):
    """Where a link in messages leads. Links carry its number, never an address: nobody can have us lead elsewhere."""

    digest = models.CharField(max_length=32)
    address = models.CharField(max_length=600)  # https://…, or "page", "page/review" of the message's order

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "digest"], name="link_target_once")]

    def __str__(self) -> str:
        return self.address


class Click(ShopModel):
    """A link of a message, followed: how often, by a person as far as one can tell."""

    message = ShopForeignKey(Message, models.CASCADE, related_name="clicks")
    target = ShopForeignKey(LinkTarget, models.CASCADE, related_name="clicks")
    reader = models.CharField(max_length=8)  # human, machine, unknown
    times = models.PositiveIntegerField(default=1)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "message", "target", "reader"], name="click_once"),
            models.CheckConstraint(
                condition=Q(reader__in=["human", "machine", "unknown"]), name="click_reader_known"
            ),
        ]
        indexes = [models.Index(fields=["shop", "-last_at"], name="click_latest")]

    def __str__(self) -> str:
        return f"{self.times} by {self.reader}"


class Sale(ShopModel):
    """An order owed to a message: its coupon was used, or its shopper came by one of its links not long before."""

    order = ShopForeignKey(Order, models.CASCADE, related_name="sales")
    message = ShopForeignKey(Message, models.SET_NULL, null=True, blank=True, related_name="sales")
    coupon = ShopForeignKey(Coupon, models.SET_NULL, null=True, blank=True, related_name="sales")
    how = models.CharField(max_length=8)  # coupon, click
    occasion = models.CharField(max_length=56, blank=True)  # of the message
    template = models.CharField(max_length=64, blank=True)
    amount = models.DecimalField(max_digits=15, decimal_places=3, null=True, blank=True)
    currency = models.CharField(max_length=3)
    delivered_before = models.BooleanField(default=False)  # was the first order with the shopper by then?
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "order"], name="sale_once_an_order")]
        indexes = [models.Index(fields=["shop", "-at"], name="sale_latest")]

    def __str__(self) -> str:
        return f"order {self.order_id} by {self.how}"


class SalesRead(ShopModel):
    """Up to when a shop's orders were looked at for coupons used and for sales owed to messages."""

    up_to = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop"], name="sales_read_once")]

    def __str__(self) -> str:
        return f"{self.up_to:%Y-%m-%d %H:%M}"
