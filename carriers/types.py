"""The words carriers and the rest of the product share: statuses, scans, answers, errors. No Django."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

Json = Any  # what json.loads gave


def gettext_noop(text: str) -> str:
    """Marks a text that a person reads, to be translated where it is shown: adapters know no Django."""
    return text


class Status(StrEnum):
    """Where one shipment is. Order matters: two events of the same instant sort by it."""

    PENDING = "pending"
    INFO_RECEIVED = "info_received"
    IN_TRANSIT = "in_transit"
    FAILED_ATTEMPT = "failed_attempt"
    EXCEPTION = "exception"
    AVAILABLE_FOR_PICKUP = "available_for_pickup"
    OUT_FOR_DELIVERY = "out_for_delivery"
    DELIVERED = "delivered"
    RETURNING = "returning"
    RETURNED = "returned"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class SubStatus(StrEnum):
    """Where, in detail: `<status>.<detail>`. 78 of them, and an `unmapped` for each status."""

    PENDING_REGISTERED = "pending.registered"
    PENDING_NOT_FOUND = "pending.not_found"
    PENDING_INVALID_NUMBER = "pending.invalid_number"
    PENDING_NEEDS_DATA = "pending.needs_data"
    PENDING_CARRIER_UNKNOWN = "pending.carrier_unknown"
    LABEL_CREATED = "info_received.label_created"
    NOT_COLLECTED = "info_received.not_collected"
    PICKUP_SCHEDULED = "info_received.pickup_scheduled"
    DATA_UPDATED = "info_received.data_updated"
    PICKED_UP = "in_transit.picked_up"
    IN_TRANSIT = "in_transit.in_transit"
    ARRIVED_FACILITY = "in_transit.arrived_facility"
    IN_SORTING = "in_transit.in_sorting"
    DEPARTED_FACILITY = "in_transit.departed_facility"
    DEPARTED_COUNTRY = "in_transit.departed_country"
    ARRIVED_COUNTRY = "in_transit.arrived_country"
    CUSTOMS_PROCESSING = "in_transit.customs_processing"
    CUSTOMS_CLEARED = "in_transit.customs_cleared"
    CUSTOMS_INFO_REQUIRED = "in_transit.customs_info_required"
    HANDED_TO_LAST_MILE = "in_transit.handed_to_last_mile"
    AT_DELIVERY_DEPOT = "in_transit.at_delivery_depot"
    DELIVERY_DATE_SET = "in_transit.delivery_date_set"
    DELIVERY_RESCHEDULED = "in_transit.delivery_rescheduled"
    REDIRECTED = "in_transit.redirected"
    ADDRESS_CORRECTED = "in_transit.address_corrected"
    PROBLEM_RESOLVED = "in_transit.problem_resolved"
    RETURN_CANCELLED = "in_transit.return_cancelled"
    DELAYED_OPERATIONS = "in_transit.delayed_operations"
    DELAYED_WEATHER = "in_transit.delayed_weather"
    DELAYED_CUSTOMS = "in_transit.delayed_customs"
    DELAYED_EXTERNAL = "in_transit.delayed_external"
    ON_VEHICLE = "out_for_delivery.on_vehicle"
    APPOINTMENT_SET = "out_for_delivery.appointment_set"
    RECIPIENT_CONTACTED = "out_for_delivery.recipient_contacted"
    NEXT_STOP = "out_for_delivery.next_stop"
    PICKUP_POINT = "available_for_pickup.pickup_point"
    PICKUP_LOCKER = "available_for_pickup.locker"
    PICKUP_DEPOT = "available_for_pickup.depot"
    PICKUP_STORE = "available_for_pickup.store"
    PICKUP_EXPIRING = "available_for_pickup.expiring_soon"
    FAILED_OTHER = "failed_attempt.other"
    FAILED_NOT_HOME = "failed_attempt.not_home"
    FAILED_BUSINESS_CLOSED = "failed_attempt.business_closed"
    FAILED_ADDRESS = "failed_attempt.address_problem"
    FAILED_REFUSED = "failed_attempt.refused"
    FAILED_ACCESS = "failed_attempt.access_restricted"
    FAILED_PAYMENT = "failed_attempt.payment_due"
    FAILED_ID_CHECK = "failed_attempt.id_check_failed"
    FAILED_NO_TIME = "failed_attempt.carrier_no_time"
    EXCEPTION_UNSPECIFIED = "exception.unspecified"
    EXCEPTION_ADDRESS = "exception.address_invalid"
    EXCEPTION_RECIPIENT = "exception.recipient_unknown"
    EXCEPTION_REFUSED = "exception.refused"
    EXCEPTION_HELD = "exception.held"
    EXCEPTION_PAYMENT = "exception.held_for_payment"
    EXCEPTION_PICKUP_MISSED = "exception.pickup_missed"
    EXCEPTION_REJECTED = "exception.rejected_by_carrier"
    EXCEPTION_PROHIBITED = "exception.prohibited"
    EXCEPTION_DAMAGED = "exception.damaged"
    EXCEPTION_INVESTIGATION = "exception.investigation"
    EXCEPTION_LOST = "exception.lost"
    EXCEPTION_DESTROYED = "exception.destroyed"
    EXCEPTION_DISPUTED = "exception.delivery_disputed"
    DELIVERED = "delivered.delivered"
    DELIVERED_COLLECTED = "delivered.collected"
    DELIVERED_SIGNED = "delivered.signed"
    DELIVERED_COD = "delivered.cod_collected"
    DELIVERED_NEIGHBOUR = "delivered.to_neighbour"
    DELIVERED_SAFE_PLACE = "delivered.safe_place"
    DELIVERED_MAILBOX = "delivered.mailbox"
    DELIVERED_RECEPTION = "delivered.reception"
    DELIVERED_CONFIRMED = "delivered.confirmed_by_shopper"
    RETURNING = "returning.returning"
    RETURNED = "returned.to_sender"
    CANCELLED_VOIDED = "cancelled.voided"
    CANCELLED_REQUESTED = "cancelled.requested"
    EXPIRED_NO_EVENTS = "expired.no_events"
    EXPIRED_AGED_OUT = "expired.aged_out"
    # A code nobody has given a meaning yet: the shipment stays where it is.
    UNMAPPED_PENDING = "pending.unmapped"
    UNMAPPED_INFO_RECEIVED = "info_received.unmapped"
    UNMAPPED_IN_TRANSIT = "in_transit.unmapped"
    UNMAPPED_FAILED_ATTEMPT = "failed_attempt.unmapped"
    UNMAPPED_EXCEPTION = "exception.unmapped"
    UNMAPPED_AVAILABLE_FOR_PICKUP = "available_for_pickup.unmapped"
    UNMAPPED_OUT_FOR_DELIVERY = "out_for_delivery.unmapped"
    UNMAPPED_DELIVERED = "delivered.unmapped"
    UNMAPPED_RETURNING = "returning.unmapped"
    UNMAPPED_RETURNED = "returned.unmapped"
    UNMAPPED_CANCELLED = "cancelled.unmapped"
    UNMAPPED_EXPIRED = "expired.unmapped"

    @property
    def status(self) -> Status:
        return Status(self.partition(".")[0])

    @property
    def is_unmapped(self) -> bool:
        return self.endswith(".unmapped")

    @classmethod
    def unmapped(cls, status: Status) -> SubStatus:
        return cls(f"{status}.unmapped")


class Outcome(StrEnum):
    """What came of asking about one number."""

    FOUND = "found"
    NOT_FOUND = "not_found"  # normal for the first 24 to 72 h
    NOT_REGISTERED = "not_registered"  # an aggregator wants to be told the number first
    INVALID_NUMBER = "invalid_number"
    AUTH_ERROR = "auth_error"
    RATE_LIMITED = "rate_limited"
    TRANSIENT = "transient"  # down, slow: ask again
    BAD_RESPONSE = "bad_response"  # not what the carrier documents
    OTHER = "other"  # well-formed, but carries no tracking: a token, a registration


class ZoneSource(StrEnum):
    """How we know an event's time zone, most trusted first."""

    OFFSET = "offset"  # the carrier wrote it
    PLACE = "place"  # the zone of the place it happened at
    CARRIER = "carrier"  # the carrier's default zone: assumed
    SHOP = "shop"


class Scan(NamedTuple):
    """One line of a carrier's answer, its words untouched.

    A tuple, because it is made for every line of every answer and a frozen dataclass costs thrice as much.
    `at` is aware. `code` is the key into the adapter's table; `reading` overrides the table where the
    adapter knows better than the code alone. `raw` holds only white-listed fields: no personal data.
    """

    at: datetime
    code: str
    text: str = ""
    place: str = ""
    country: str = ""  # ISO 3166-1 alpha-2
    scan_id: str = ""  # the carrier's own identifier of this scan, if it has one
    leg: int = 1  # 1: first carrier; 2: the one that took over
    reading: SubStatus | None = None
    reason: str = ""  # why, where the carrier says: not_collected, refused, address, recall, payment…
    zone_source: ZoneSource = ZoneSource.OFFSET
    said_at: str = ""  # the time as the carrier wrote it
    raw: Json = None


@dataclass(frozen=True, slots=True)
class Eta:
    """When it should arrive. A day (`first_date`..`last_date`) and, where known, a slot of aware times."""

    first_date: date
    last_date: date
    slot_from: datetime | None = None
    slot_to: datetime | None = None


@dataclass(frozen=True, slots=True)
class PickupPoint:
    name: str = ""
    address: str = ""
    hours: str = ""
    until: date | None = None
    code: str = ""  # what the shopper shows; personal, never on the link view


@dataclass(frozen=True, slots=True)
class Answer:
    """What a carrier said of one number. `signed_by` is personal: shown only behind the shopper's proof."""

    number: str
    outcome: Outcome = Outcome.FOUND
    scans: tuple[Scan, ...] = ()
    eta: Eta | None = None
    pickup: PickupPoint | None = None
    pieces: int = 1
    detail: str = ""  # the carrier's words about an outcome that is not FOUND
    ask_again: tuple[str, ...] = ()  # addresses the carrier says to ask instead (ambiguous number)
    delivery_options_url: str = ""  # the carrier's own page for changing the delivery
    signed_by: str = ""  # the name of whoever took it


# What gave an event its meaning, and so which of two readings of the same event counts.
FROM_WORDS = -1.0  # the carrier's text, where no code says it: less sure
FROM_CODE = 0.0  # the carrier's code, by the adapter's table
# Above: a person of the shop gave the code that meaning, at this moment (epoch seconds).


@dataclass(frozen=True, slots=True)
class Event:
    """A scan in our words: what is stored and folded."""

    occurred_at: datetime
    sub_status: SubStatus | None  # None: no meaning known; the fold gives `<status>.unmapped`
    code: str = ""
    text: str = ""
    place: str = ""
    country: str = ""
    scan_id: str = ""
    leg: int = 1
    reason: str = ""
    source: str = "carrier"  # carrier, shop, agent, driver, shopper, system
    authority: float = FROM_CODE
    zone_source: ZoneSource = ZoneSource.OFFSET
    said_at: str = ""
    raw: Json = None


@dataclass(frozen=True, slots=True)
class Query:
    """One number to ask about, and what some carriers want besides."""

    number: str
    postal_code: str = ""
    country: str = ""
    language: str = ""
    registered: bool = False  # an aggregator already knows the number
    carrier: str = ""  # who carries it (a code of ours), where an aggregator is asked; empty: not known
    shipped_date: date | None = None  # when it was given to the carrier, where some want to know


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP call to make. Auth that lives in headers is added by the client."""

    url: str
    method: str = "GET"
    params: Mapping[str, str | Sequence[str]] = field(default_factory=dict)  # several: the name repeated
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP answer. `status` is None where only a recorded body is at hand."""

    body: bytes
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


# --- Auth: a value that names the secrets it needs; the console draws its form from it. ---


@dataclass(frozen=True, slots=True)
class Secret:
    name: str  # key in the sealed secrets
    label: str  # what the carrier calls it
    help: str = ""
    hidden: bool = True
    required: bool = True


@dataclass(frozen=True, slots=True)
class NoAuth:
    secrets: tuple[Secret, ...] = ()


@dataclass(frozen=True, slots=True)
class ApiKey:
    header: str
    prefix: str = ""  # e.g. "Bearer "
    secrets: tuple[Secret, ...] = (Secret("api_key", gettext_noop("API key")),)


@dataclass(frozen=True, slots=True)
class Basic:
    """HTTP Basic. `user` and `password` name the secrets it takes; some take a key, and no password."""

    secrets: tuple[Secret, ...] = (
        Secret("username", gettext_noop("User"), hidden=False),
        Secret("password", gettext_noop("Password")),
    )
    user: str = "username"
    password: str = "password"  # noqa: S105  a name


@dataclass(frozen=True, slots=True)
class InBody:
    """The adapter's `build` puts the secrets into the body or the query's parameters itself."""

    secrets: tuple[Secret, ...]


@dataclass(frozen=True, slots=True)
class OAuth2:
    """Client credentials. `lifetime_s` is used when the carrier's answer names none."""

    token_url: str
    scope: str = ""
    credentials_in: str = "basic"  # basic or form
    lifetime_s: int = 3600
    secrets: tuple[Secret, ...] = (
        Secret("client_id", gettext_noop("Client ID"), hidden=False),
        Secret("client_secret", gettext_noop("Client secret")),
    )


class AccessToken(NamedTuple):
    value: str
    lifetime_s: float


@dataclass(frozen=True, slots=True)
class Login:
    """A token fetched in the carrier's own way, kept for its lifetime and fetched by one worker at a time.

    `request` makes the call from the account's secrets; `token` reads its reply or raises CarrierError, as
    AuthError where the credentials are refused. Calls carry it in `header`; where that is empty, `build`
    finds it among its secrets as `token`.
    """

    request: Callable[[Mapping[str, str]], Request]
    token: Callable[[Reply], AccessToken]
    secrets: tuple[Secret, ...]
    header: str = "Authorization"
    prefix: str = "Bearer "


Auth = NoAuth | ApiKey | Basic | InBody | OAuth2 | Login


@dataclass(frozen=True, slots=True)
class Limits:
    """How fast one account may ask. None: the carrier publishes no such limit."""

    per_second: float = 1.0
    per_day: int | None = None
    published: bool = False  # True: the carrier documents it; False: our caution


MAX_DETAIL = 500


class CarrierError(Exception):
    """A carrier did not answer the question. `permanent`: asking again the same way cannot help.

    `detail` may be the carrier's words: of them only what can be stored and shown is kept.
    """

    outcome = Outcome.BAD_RESPONSE
    permanent = False

    def __init__(self, detail: str = "", *, retry_after_s: float | None = None) -> None:
        self.detail = "".join(char if char.isprintable() else " " for char in detail[:MAX_DETAIL]).strip()
        super().__init__(self.detail)
        self.retry_after_s = retry_after_s


class NotFoundError(CarrierError):
    outcome = Outcome.NOT_FOUND


class InvalidNumberError(CarrierError):
    outcome = Outcome.INVALID_NUMBER
    permanent = True


class AuthError(CarrierError):
    outcome = Outcome.AUTH_ERROR
    permanent = True


class RateLimitedError(CarrierError):
    outcome = Outcome.RATE_LIMITED


class TransientError(CarrierError):
    outcome = Outcome.TRANSIENT


class BadResponseError(CarrierError):
    outcome = Outcome.BAD_RESPONSE


class Trust(StrEnum):
    """How far a push is believed."""

    NONE = "none"  # the carrier pushes nothing, or nothing that could be told from a stranger's: refused
    SHARED = "shared"  # it knows a secret, but does not sign the body: a reason to ask, never a fact
    SIGNED = "signed"  # the body is signed: its events are facts


Parse = Callable[[Reply], Sequence[Answer]]
Build = Callable[[Sequence[Query], Mapping[str, str]], Request]
Verify = Callable[[Mapping[str, str], bytes, Mapping[str, str]], bool]


@dataclass(frozen=True, slots=True)
class Subscription:
    """How a carrier is asked to push. Its secrets hold two of ours besides: `hook_url`, `hook_key`.

    `build` makes the request for up to `per_call` numbers. A subscription is renewed when `lasts` is nearly over.
    """

    build: Build
    lasts: timedelta
    per_call: int = 1


@dataclass(frozen=True, slots=True)
class Place:
    """Where to: somebody's address, or one of the carrier's points by its `code`."""

    name: str = ""
    line: str = ""
    extra: str = ""
    postal_code: str = ""
    city: str = ""
    country: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """What a carrier is asked to do otherwise with one parcel. `kind`: one of tracking's CHANGE_KINDS.

    `reference` is ours, and the same however often it is asked: a carrier that keeps it does nothing twice.
    """

    kind: str
    number: str
    reference: str
    to: Place = Place()  # for a note, a day or a neighbour: where the parcel goes now
    day: date | None = None
    slot_from: datetime | None = None
    slot_to: datetime | None = None
    note: str = ""  # in plain words, of what no field is for
    contact: str = ""  # whom the carrier may write to
    phone: str = ""
    postal_code: str = ""  # of the address the parcel was sent to


class Changed(StrEnum):
    """What became of a change asked for."""

    ACCEPTED = "accepted"
    RECORDED = "recorded"  # taken down; whether it will be done is not said
    REFUSED = "refused"
    TOO_LATE = "too_late"


@dataclass(frozen=True, slots=True)
class ChangeAnswer:
    outcome: Changed
    detail: str = ""  # the carrier's words
    reference: str = ""  # the carrier's


@dataclass(frozen=True, slots=True)
class Changing:
    """How a carrier is asked to deliver otherwise. Both are pure.

    `read` raises CarrierError where the reply is no answer: asked again later, unless `permanent`.
    """

    kinds: frozenset[str]
    build: Callable[[Change, Mapping[str, str]], Request]
    read: Callable[[Reply], ChangeAnswer]
    unverified: str = ""  # what of it no document of the carrier's confirms


@dataclass(frozen=True, slots=True)
class Carrier:
    """All we know of one carrier's tracking. One file declares one.

    `parse` turns a reply into answers, or raises CarrierError; it never fetches. `build` makes the
    request for up to `per_call` queries from the account's secrets; without it, `endpoint` with
    `{number}` filled in is fetched by GET. `register` makes the request that tells an aggregator of
    new numbers. Either raises CarrierError where nothing can be asked, as InvalidNumberError where what the
    carrier wants besides the number is not known. `verify` says whether a pushed body is genuine: over the
    raw bytes, constant time; what it proves is in `push`.
    """

    code: str
    name: str
    docs: str
    endpoint: str
    auth: Auth
    parse: Parse
    statuses: Mapping[str, SubStatus]
    countries: tuple[str, ...] = ()  # where it mostly delivers; empty: everywhere
    languages: tuple[str, ...] = ()  # of its texts, where they are read for want of a code; empty: any
    hosts: tuple[str, ...] = ()  # it is also asked at, besides the endpoint's
    secret_headers: tuple[tuple[str, str], ...] = ()  # (header, the secret it carries) besides auth's
    per_call: int = 1
    build: Build | None = None
    register: Build | None = None
    registers_per_call: int | None = None  # numbers it is told of at once, where fewer than it is asked about
    push: Trust = Trust.NONE
    verify: Verify | None = None  # pushes are parsed by `parse`
    subscription: Subscription | None = None
    change: Changing | None = None  # None: it can be asked nothing, or only on its own page
    zone: ZoneInfo | None = None  # of times written without offset
    limits: Limits = Limits()
    public_url: str = ""  # the carrier's own page, with {number}: carriers.listed.FIELDS
    aggregates: Mapping[str, str] | None = None  # an aggregator: our codes of carriers → its own
    needs_carrier: bool = False  # an aggregator that takes no number without its carrier
    unofficial: str = ""  # why nobody promised us this endpoint: off until the operator allows it
    unofficial_alone: str = ""  # the same, of the endpoint that is asked where an account has no credentials
    address_setting: str = ""  # self-hosted: the operator's setting that holds its base address
    notes: tuple[str, ...] = ()  # what the operator should know: unverified facts, contract needed

    @property
    def is_aggregator(self) -> bool:
        return self.aggregates is not None

    @property
    def finds_out(self) -> bool:
        """An aggregator that tells by itself whose a number is."""
        return self.is_aggregator and not self.needs_carrier
