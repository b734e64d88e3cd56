"""Shops, the people who run them, how they look, and the keys to them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, Self

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from tenants.tiles import TILE_URL

LANGUAGES = ("es", "en", "pt-br", "fr", "it", "de")
COLOUR = r"^#[0-9a-f]{6}$"

# Families every phone and mail program has; a shop chooses one, and no font is fetched from anywhere.
FONTS: dict[str, str] = {
    "system": 'ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, sans-serif',
    "humanist": 'Seravek, "Gill Sans Nova", Ubuntu, Calibri, "DejaVu Sans", sans-serif',
    "geometric": 'Avenir, Montserrat, Corbel, "URW Gothic", "Century Gothic", sans-serif',
    "rounded": 'ui-rounded, "Hiragino Maru Gothic ProN", Quicksand, Nunito, Manjari, sans-serif',
    "classic": '"Iowan Old Style", "Palatino Linotype", "URW Palladio L", P052, Georgia, serif',
    "slab": 'Rockwell, "Rockwell Nova", "Roboto Slab", "DejaVu Serif", "Sitka Small", serif',
    "typewriter": '"Nimbus Mono PS", "Courier New", ui-monospace, monospace',
}


class ForShop(models.QuerySet[Any]):
    """Reads start here: `Model.objects.for_shop(request.shop)`."""

    def for_shop(self, shop: Shop | int) -> Self:
        return self.filter(shop_id=shop if isinstance(shop, int) else shop.pk)


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in to the console. May be a member of several shops."""

    email = models.EmailField(_("e-mail"), unique=True)
    name = models.CharField(_("name"), max_length=120, blank=True)
    language = models.CharField(max_length=8, blank=True)  # of the console; empty: the browser's
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)  # an operator of the installation
    date_joined = models.DateTimeField(db_default=Now())

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def __str__(self) -> str:
        return self.email

    def get_full_name(self) -> str:
        return self.name or self.email

    def get_short_name(self) -> str:
        return (self.name or self.email).split(" ")[0]


class Shop(models.Model):
    """A tenant: one shop, its language, money and clock."""

    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    country = models.CharField(max_length=2)  # ISO 3166-1 alpha-2
    language = models.CharField(max_length=8, default="es")
    languages = ArrayField(models.CharField(max_length=8), default=list)  # offered to shoppers
    currency = models.CharField(max_length=3, default="EUR")  # ISO 4217
    time_zone = models.CharField(max_length=64, default="Europe/Madrid")
    contact_email = models.EmailField(blank=True)  # shown to shoppers; replies go there
    contact_phone = models.CharField(max_length=32, blank=True)
    website = models.URLField(blank=True)
    help_url = models.URLField(blank=True)
    privacy_url = models.URLField(blank=True)
    preset = models.CharField(max_length=24, default="simple4")  # the states it started from
    # Customers' data of an order go so many days after it was over.
    keep_days = models.PositiveSmallIntegerField(default=90, db_default=90)
    # Whom the page asks for stars: all, only where all went well (smooth), none.
    review_invites = models.CharField(max_length=6, default="all", db_default="all")
    publish_reviews = models.BooleanField(default=False, db_default=False)  # nobody reads them first
    created_at = models.DateTimeField(db_default=Now())
    suspended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(slug__regex=r"^[a-z0-9][a-z0-9-]*$"), name="shop_slug_is_plain"
            ),
            models.CheckConstraint(condition=Q(language__in=LANGUAGES), name="shop_language_known"),
            models.CheckConstraint(condition=Q(keep_days__range=(1, 3650)), name="shop_keep_days_bounded"),
            models.CheckConstraint(
                condition=Q(review_invites__in=["all", "smooth", "none"]), name="shop_review_invites_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Host(models.Model):
    """A host name of a shop's own. Global: it is how a request finds its shop.

    Several shops may say that a name is theirs; it is that one's whose key the name's DNS carries.
    """

    host = models.CharField(max_length=253)  # lower case, as in the DNS, no port
    shop = models.ForeignKey(Shop, models.CASCADE, related_name="hosts")
    primary = models.BooleanField(default=False)  # the one in messages
    verified_at = models.DateTimeField(null=True, blank=True)
    proof_key = models.CharField(max_length=40, blank=True, db_default="")  # what the DNS must say
    checked_at = models.DateTimeField(null=True, blank=True)
    # What the last check found, a tenants.domains.Problem; and how many checks in a row found one.
    problem = models.CharField(max_length=160, blank=True, db_default="")
    failures = models.PositiveSmallIntegerField(default=0, db_default=0)
    added_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(host__regex=r"^[a-z0-9.-]+$"), name="host_is_plain"),
            models.UniqueConstraint(fields=["shop"], condition=Q(primary=True), name="host_one_primary"),
            models.UniqueConstraint(fields=["shop", "host"], name="host_once_a_shop"),
            # Also how a request finds its shop.
            models.UniqueConstraint(
                fields=["host"], condition=Q(verified_at__isnull=False), name="host_proved_by_one"
            ),
        ]

    def __str__(self) -> str:
        return self.host


class Role(models.TextChoices):
    """What a member may do; each includes those below it."""

    OWNER = "owner", _("Owner")
    ADMIN = "admin", _("Admin")
    AGENT = "agent", _("Agent")
    VIEWER = "viewer", _("Viewer")

    @property
    def rank(self) -> int:
        return [Role.VIEWER, Role.AGENT, Role.ADMIN, Role.OWNER].index(self)

    def includes(self, other: Role) -> bool:
        return self.rank >= other.rank


class Membership(models.Model):
    """A person's role in a shop. Global: it is how a person finds their shops."""

    shop = models.ForeignKey(Shop, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=8, choices=Role.choices)
    joined_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "user"], name="membership_once"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="membership_role_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.role} {self.shop}"


class Invitation(models.Model):
    """Somebody asked to join a shop by e-mail. Global, like membership; the key is stored hashed."""

    shop = models.ForeignKey(Shop, models.CASCADE, related_name="invitations")
    email = models.EmailField()
    role = models.CharField(max_length=8, choices=Role.choices)
    key_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["shop", "email"], condition=Q(accepted_at=None), name="invitation_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email} {self.shop}"


class KeyHash(models.Model):
    """Which shop a secret belongs to: hashes of API keys and page tokens, and nothing else. Global."""

    hash = models.CharField(max_length=64, primary_key=True)
    shop = models.ForeignKey(Shop, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=4, choices=[("api", "API key"), ("page", "page token")])

    def __str__(self) -> str:
        return f"{self.kind} {self.hash[:8]}"


class ShopModel(models.Model):
    """A row that belongs to one shop, under row-level security."""

    # No index of its own: `Isolate` makes a unique one of (shop_id, id).
    shop = models.ForeignKey(Shop, models.CASCADE, related_name="+", db_index=False)

    objects: ClassVar[Any] = ForShop.as_manager()

    class Meta:
        abstract = True


class Brand(ShopModel):
    """How a shop looks. The logo is kept here, re-encoded, so that every web process has it."""

    logo = models.BinaryField(null=True, blank=True)  # PNG or WebP, at most 512 px high
    logo_type = models.CharField(max_length=16, blank=True)
    logo_hash = models.CharField(max_length=16, blank=True)
    logo_width = models.PositiveSmallIntegerField(default=0)
    logo_height = models.PositiveSmallIntegerField(default=0)
    colour = models.CharField(max_length=7, default="#1f5f4a", validators=[RegexValidator(COLOUR)])
    background = models.CharField(max_length=7, default="#f6f5f2", validators=[RegexValidator(COLOUR)])
    font = models.CharField(max_length=12, default="system", choices=[(f, f) for f in FONTS])
    radius = models.PositiveSmallIntegerField(default=18)  # px, of cards
    banner_title = models.CharField(max_length=80, blank=True)
    banner_text = models.CharField(max_length=240, blank=True)
    banner_code = models.CharField(max_length=24, blank=True)  # a coupon
    banner_url = models.URLField(blank=True)
    banner_label = models.CharField(max_length=40, blank=True)
    links = models.JSONField(default=list, blank=True)  # [{"label", "url"}] beside the logo
    social = models.JSONField(default=list, blank=True)  # [{"label", "url"}] in the footer
    products = models.JSONField(
        default=list, blank=True
    )  # [{"title", "price", "url", "image_url"}], six at most
    products_title = models.CharField(max_length=80, blank=True, db_default="")
    # What the shop put on the page besides the order, in its order: tenants.services.BLOCKS.
    blocks = ArrayField(models.CharField(max_length=12), default=list, db_default=[], blank=True)
    review_url = models.URLField(blank=True, db_default="")  # where the content may review in public
    frames = ArrayField(
        models.CharField(max_length=120), default=list, db_default=[], blank=True
    )  # origins that may embed
    # A real map under the way of a parcel, from the host named here, and whom it is by; empty: the one we draw.
    tile_url = models.CharField(max_length=200, blank=True, default="", db_default="")
    tile_credit = models.CharField(max_length=120, blank=True, default="", db_default="")
    version = models.PositiveIntegerField(default=1)  # part of the key of every rendered page

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop"], name="brand_once"),
            # A colour lands in a <style> block, where HTML escaping does not protect.
            models.CheckConstraint(condition=Q(colour__regex=COLOUR), name="brand_colour_is_hex"),
            models.CheckConstraint(condition=Q(background__regex=COLOUR), name="brand_background_is_hex"),
            models.CheckConstraint(condition=Q(font__in=list(FONTS)), name="brand_font_known"),
            models.CheckConstraint(condition=Q(radius__lte=32), name="brand_radius_bounded"),
            models.CheckConstraint(
                condition=Q(tile_url="") | Q(tile_url__regex=TILE_URL) & ~Q(tile_credit=""),
                name="brand_tiles_are_credited",
            ),
        ]

    def __str__(self) -> str:
        return f"brand of {self.shop_id}"


class ApiKey(ShopModel):
    """A program's key to one shop. Shown once; stored as a hash."""

    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=20)  # what a person recognises it by: rastro_live_ab12cd34
    key_hash = models.CharField(max_length=64)
    scopes = ArrayField(models.CharField(max_length=32), default=list)
    created_at = models.DateTimeField(db_default=Now())
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)  # to the minute

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "key_hash"], name="api_key_once")]

    def __str__(self) -> str:
        return self.prefix

    def is_live(self, now: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > now)


class AuditEntry(ShopModel):
    """Who changed what. Append-only: the serving role may not update or delete; each entry seals the last."""

    at = models.DateTimeField(db_default=Now())
    actor = models.CharField(max_length=120)  # user:12, key:rastro_live_ab12, system
    role = models.CharField(max_length=8, blank=True)
    address = models.GenericIPAddressField(null=True, blank=True)
    action = models.CharField(max_length=48)  # brand.changed, member.invited, …
    subject = models.CharField(max_length=80, blank=True)  # order:51
    before = models.JSONField(null=True, blank=True)  # no personal data, no secrets
    after = models.JSONField(null=True, blank=True)
    previous_hash = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64)

    class Meta:
        indexes = [
            models.Index(fields=["shop", "-id"], name="audit_latest"),
            models.Index(fields=["shop", "subject", "-id"], name="audit_of_subject"),
        ]
        constraints = [
            # Two entries cannot claim the same predecessor: the chain has no forks.
            models.UniqueConstraint(fields=["shop", "previous_hash"], name="audit_chain"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.actor} {self.action}"
