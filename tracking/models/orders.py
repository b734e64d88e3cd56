"""Orders: what was bought, by whom, where it goes, and where it stands."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from tenants.isolation import ShopForeignKey
from tenants.models import COLOUR, ShopModel

HEALTH = ("on_track", "delayed", "attention")
OVERRIDE_UNTIL = ("", "next_event", "date", "forever")


class ShopState(ShopModel):
    """A state in the shop's own words. Several canonical states may show as one."""

    code = models.CharField(max_length=32)
    labels = models.JSONField(default=dict)  # {"es": "Enviado", "en": "Shipped"}
    canonicals = ArrayField(models.CharField(max_length=24))
    kind = models.CharField(max_length=9)  # linear, derived, terminal, milestone
    position = models.PositiveSmallIntegerField(default=0)
    step = models.BooleanField(default=True)  # a step of the progress bar, where linear or derived
    visible = models.BooleanField(default=True)  # to shoppers
    icon = models.CharField(max_length=32, blank=True)
    colour = models.CharField(max_length=7, blank=True)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["shop", "code"], name="shop_state_once"),
            models.CheckConstraint(
                condition=Q(kind__in=["linear", "derived", "terminal", "milestone"]),
                name="shop_state_kind_known",
            ),
            models.CheckConstraint(
                condition=Q(colour="") | Q(colour__regex=COLOUR), name="shop_state_colour_is_hex"
            ),
        ]

    def __str__(self) -> str:
        return self.code


class Order(ShopModel):
    """One purchase. `state` and `health` are folded from its shipments and what the shop asserted."""

    number = models.CharField(max_length=64)  # as the shop writes it: 1042
    channel = models.CharField(max_length=40, default="web")  # own shop, marketplace…
    external_id = models.CharField(max_length=80, blank=True)  # the platform's
    placed_at = models.DateTimeField()
    currency = models.CharField(max_length=3)
    total = models.DecimalField(max_digits=15, decimal_places=3, null=True, blank=True)
    tags = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    coupons = ArrayField(
        models.CharField(max_length=40), default=list, db_default=[], blank=True
    )  # codes that were used on it
    wants_marketing = models.BooleanField(null=True, blank=True)  # said at the checkout; null: not asked

    customer_name = models.CharField(max_length=160, blank=True)
    customer_email = models.EmailField(blank=True)
    customer_phone = models.CharField(max_length=20, blank=True)  # E.164
    language = models.CharField(max_length=8)

    address_line = models.CharField(max_length=200, blank=True)
    address_extra = models.CharField(max_length=200, blank=True)
    city = models.CharField(max_length=120, blank=True)
    region = models.CharField(max_length=80, blank=True)
    postal_code = models.CharField(max_length=16, blank=True)
    country = models.CharField(max_length=2, blank=True)
    latitude = models.FloatField(null=True, blank=True)  # of the door, where the shop knows it
    longitude = models.FloatField(null=True, blank=True)

    # What the shop says.
    asserted = models.CharField(max_length=24, default="received")  # a linear state
    asserted_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancel_reason = models.CharField(max_length=24, blank=True)  # shop, shopper, payment
    expected_parcels = models.PositiveSmallIntegerField(null=True, blank=True)
    restock_date = models.DateField(null=True, blank=True)
    promised_date = models.DateField(null=True, blank=True)  # the day the shop promised
    override_state = models.CharField(max_length=24, blank=True)
    override_by = models.CharField(max_length=120, blank=True)
    override_reason = models.CharField(max_length=200, blank=True)
    override_until = models.CharField(max_length=10, blank=True)
    override_date = models.DateField(null=True, blank=True)
    override_at = models.DateTimeField(null=True, blank=True)

    # What follows from it: tracking.states.
    state = models.CharField(max_length=24, default="received")
    state_since = models.DateTimeField()
    episode = models.PositiveSmallIntegerField(default=0)  # how often the state changed
    health = models.CharField(max_length=9, default="on_track")
    attention = models.CharField(max_length=48, blank=True)  # the sub-status that asks for a person
    counts = models.JSONField(default=dict)  # tracking.parcels.Counts; of units, where known, in "units"
    eta_first = models.DateField(null=True, blank=True)
    eta_last = models.DateField(null=True, blank=True)
    slot_from = models.DateTimeField(null=True, blank=True)
    slot_to = models.DateTimeField(null=True, blank=True)
    last_event_at = models.DateTimeField(null=True, blank=True)  # the latest scan of any parcel

    token_hash = models.CharField(max_length=64)  # of tenants.vault.page_token
    token_turn = models.PositiveSmallIntegerField(default=0)
    # Of the link for whom it is a present: empty until one is made.
    gift_hash = models.CharField(max_length=64, blank=True, db_default="")
    gift_turn = models.PositiveSmallIntegerField(default=0, db_default=0)  # grows when that link is made void
    version = models.PositiveIntegerField(default=1)  # grows with every change a page could show
    created_at = models.DateTimeField(db_default=Now())  # when it came to be known here
    updated_at = models.DateTimeField(db_default=Now())
    quiet_before = models.DateTimeField()  # what happened before this is history: nobody is told
    erase_asked_at = models.DateTimeField(null=True, blank=True)  # by the customer, before it was over
    erased_at = models.DateTimeField(null=True, blank=True)  # what is personal is gone, for good

    # Normalised for the search box: lower case, no accents, no punctuation (tracking.search).
    # In collation C a prefix is a range of the index, whatever the database's own collation.
    number_key = models.CharField(max_length=64, db_collation="C")
    email_key = models.CharField(max_length=254, blank=True, db_collation="C")
    phone_key = models.CharField(
        max_length=20, blank=True, db_collation="C"
    )  # digits, last first: people leave out the prefix

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "channel", "number"], name="order_number_once"),
            models.UniqueConstraint(fields=["shop", "token_hash"], name="order_token_once"),
            models.UniqueConstraint(
                fields=["shop", "gift_hash"], condition=~Q(gift_hash=""), name="order_gift_once"
            ),
            models.CheckConstraint(condition=Q(health__in=HEALTH), name="order_health_known"),
            models.CheckConstraint(
                condition=Q(override_until__in=OVERRIDE_UNTIL), name="order_override_until_known"
            ),
        ]
        indexes = [
            models.Index(fields=["shop", "-placed_at", "-id"], name="order_latest"),
            models.Index(fields=["shop", "state", "-placed_at"], name="order_by_state"),
            models.Index(
                fields=["shop", "-state_since"], condition=Q(health="attention"), name="order_attention"
            ),
            models.Index(fields=["shop", "eta_last"], condition=~Q(eta_last=None), name="order_by_eta"),
            models.Index(fields=["shop", "last_event_at"], name="order_by_last_event"),
            # Programs that follow a shop ask what has changed since they last asked.
            models.Index(fields=["shop", "updated_at", "id"], name="order_by_change"),
            models.Index(
                fields=["shop", "override_date"],
                condition=Q(override_until="date"),
                name="order_override_ends",
            ),
            # Whose data have been kept long enough, or are to go as soon as the order is over.
            models.Index(
                fields=["shop", "state_since"], condition=Q(erased_at=None), name="order_kept_since"
            ),
            models.Index(
                fields=["shop", "erase_asked_at"],
                condition=Q(erased_at=None) & ~Q(erase_asked_at=None),
                name="order_erase_asked",
            ),
            models.Index(fields=["shop", "number_key"], name="order_find_number"),
            models.Index(fields=["shop", "email_key"], condition=~Q(email_key=""), name="order_find_email"),
            models.Index(fields=["shop", "phone_key"], condition=~Q(phone_key=""), name="order_find_phone"),
        ]

    def __str__(self) -> str:
        return f"#{self.number}"


class OrderWord(ShopModel):
    """A word of a customer's name, so that the search box finds surnames."""

    order = ShopForeignKey(Order, models.CASCADE, related_name="words")
    word = models.CharField(max_length=60, db_collation="C")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "word", "order"], name="order_word_once")]

    def __str__(self) -> str:
        return self.word


class OrderLine(ShopModel):
    """Some units of one article."""

    order = ShopForeignKey(Order, models.CASCADE, related_name="lines")
    position = models.PositiveSmallIntegerField()
    sku = models.CharField(max_length=80, blank=True)
    title = models.CharField(max_length=200)
    variant = models.CharField(max_length=120, blank=True)
    quantity = models.PositiveIntegerField(default=1)
    cancelled = models.PositiveIntegerField(default=0)  # units of `quantity` no longer wanted
    unit_price = models.DecimalField(max_digits=15, decimal_places=3, null=True, blank=True)
    image_url = models.URLField(max_length=500, blank=True)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["shop", "order", "position"], name="line_once"),
            models.CheckConstraint(
                condition=Q(cancelled__lte=models.F("quantity")), name="line_cancelled_within"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.title}"


class Milestone(ShopModel):
    """Something that happened to an order without being a place in its line: an invoice was issued."""

    order = ShopForeignKey(Order, models.CASCADE, related_name="milestones")
    code = models.CharField(max_length=32)  # invoice_issued
    at = models.DateTimeField()
    reference = models.CharField(max_length=80, blank=True)  # the invoice's number
    url = models.URLField(max_length=500, blank=True)  # the document, where the shop keeps it
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "order", "code", "reference"], name="milestone_once"),
        ]

    def __str__(self) -> str:
        return f"{self.code} of {self.order_id}"


class IdempotencyKey(ShopModel):
    """An API request already answered, so that asking twice does it once."""

    key = models.CharField(max_length=128)
    request_hash = models.CharField(max_length=64)  # method, path and body
    status = models.PositiveSmallIntegerField(null=True)  # null: being answered now
    response = models.JSONField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "key"], name="idempotency_once")]
        indexes = [models.Index(fields=["created_at"], name="idempotency_age")]

    def __str__(self) -> str:
        return self.key
