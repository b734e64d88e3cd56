"""What every carrier promises, as checks that say in words what is missing: for those we have, and for a new one."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from string import Formatter

from carriers import directory
from carriers.listed import FIELDS
from carriers.reading import events_of, read
from carriers.simulator.journeys import KINDS
from carriers.simulator.networks.contract import Network
from carriers.simulator.places import PLACES
from carriers.simulator.wire.contract import Wire
from carriers.types import (
    ApiKey,
    Build,
    Carrier,
    CarrierError,
    Event,
    InBody,
    Login,
    OAuth2,
    Outcome,
    Query,
    Reply,
    Request,
    Status,
    SubStatus,
    Trust,
)
from tests.carriers.recorded import Case
from tracking.machine import fold
from tracking.position import Position, Stored

# The answers each carrier is shown at least, and what each one holds.
REQUIRED: Mapping[str, str] = {
    "delivered": "a parcel that arrived, with its history",
    "in_transit": "a parcel on its way",
    "new_code": "a parcel whose newest scan has a code that is not in the table",
    "not_found": "a number the carrier does not know",
    "refused": "the wrong key, or where none is needed the carrier's other way to turn a caller away",
    "rate_limited": "too many calls",
    "nonsense": "what is no answer at all, such as a web page",
}
SECRET = 'se<cret>&"'  # no address and no header may hold it
LONGEST_WAIT_S = 86_400
# A state of the shop's or of the shopper's own is never a carrier's to say.
OURS_TO_SAY = {SubStatus.DELIVERED_CONFIRMED, SubStatus.EXCEPTION_DISPUTED}
_SENTENCE = re.compile(r"[A-Z0-9“¿¡].{10,}[.!?]", re.DOTALL)
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")  # not a backslash that is itself escaped

Complaints = list[str]


# --- What a carrier declares ---


def declaration(carrier: Carrier) -> Complaints:
    """What others need to know of it and it does not say."""
    return [
        *_who_it_is(carrier),
        *_how_it_is_asked(carrier),
        *_how_it_pushes(carrier),
        *_for_whom_it_speaks(carrier),
        *_what_the_operator_is_told(carrier),
    ]


def _who_it_is(carrier: Carrier) -> Iterator[str]:
    if not re.fullmatch(r"[a-z0-9_]{2,32}", carrier.code):
        yield f"code: {carrier.code!r} is not 2 to 32 small letters, digits and _"
    if not carrier.name.strip():
        yield "name: what people call the carrier is missing"
    if not carrier.docs.startswith("https://"):
        yield "docs: give the https:// address of the page where the carrier documents its tracking"
    if not re.match(r"https://[^/]+", carrier.endpoint):
        yield "endpoint: give the https:// address that is asked, with {number} where the number goes"
    if fields(carrier.endpoint) - {"number"}:
        yield "endpoint: only {number} is filled in"
    if carrier.public_url and not carrier.public_url.startswith("https://"):
        yield "public_url: give an https:// address, or nothing"
    if fields(carrier.public_url) - FIELDS:
        yield f"public_url: only these are filled in: {', '.join(sorted(FIELDS))}"
    if any(not re.fullmatch("[A-Z]{2}", country) for country in carrier.countries):
        yield "countries: two capital letters each"
    if any(not re.fullmatch("[a-z]{2}", language) for language in carrier.languages):
        yield "languages: two small letters each"


def _how_it_is_asked(carrier: Carrier) -> Iterator[str]:
    auth = carrier.auth
    names = [secret.name for secret in auth.secrets]
    if len(names) != len(set(names)):
        yield "auth: two secrets have one name"
    if not all(secret.label for secret in auth.secrets):
        yield "auth: a secret has no label, and a person could not find it"
    if isinstance(auth, ApiKey) and not auth.header:
        yield "auth: give the header that carries the key"
    if isinstance(auth, OAuth2) and not auth.token_url.startswith("https://"):
        yield "auth: give the https:// address that grants tokens as token_url"
    if isinstance(auth, OAuth2) and auth.lifetime_s <= 60:
        yield "auth: lifetime_s is of use only from a minute on"
    if {secret for _header, secret in carrier.secret_headers} - set(names):
        yield "secret_headers: each names a secret of auth"
    if carrier.limits.per_second <= 0 or carrier.per_call < 1:
        yield "limits, per_call: must let at least one call through"
    if carrier.registers_per_call is not None and carrier.register is None:
        yield "registers_per_call: there is no register"


def _how_it_pushes(carrier: Carrier) -> Iterator[str]:
    if carrier.push is Trust.SIGNED and carrier.verify is None:
        yield "push: SIGNED needs verify, which checks the signature"
    if carrier.push is Trust.NONE and (carrier.verify or carrier.subscription):
        yield "push: NONE refuses every push, so verify and subscription are of no use"


def _for_whom_it_speaks(carrier: Carrier) -> Iterator[str]:
    if carrier.needs_carrier and not carrier.is_aggregator:
        yield "needs_carrier: only an aggregator does; say which carriers it speaks for in aggregates"
    if carrier.is_aggregator and not carrier.aggregates:
        yield "aggregates: name our code of each carrier it speaks for, and its own name for it"
    for code, theirs in (carrier.aggregates or {}).items():
        if not directory.kind_of(code):
            yield f"aggregates: nobody here is {code!r}"
        if not theirs:
            yield f"aggregates: {code!r} has no name there"


def _what_the_operator_is_told(carrier: Carrier) -> Iterator[str]:
    said = {"unofficial": carrier.unofficial, "unofficial_alone": carrier.unofficial_alone}
    for name, sentence in [*said.items(), *(("notes", note) for note in carrier.notes)]:
        if (sentence or name == "notes") and not _SENTENCE.fullmatch(sentence):
            yield f"{name}: say it in a sentence, not as {sentence!r}"


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name}


def table(carrier: Carrier) -> Complaints:
    """What is wrong with its code table."""
    codes, subs = carrier.statuses, set(carrier.statuses.values())
    reached = {sub.status for sub in subs}
    found = [
        f"statuses: {code!r} is no code, or has blanks around it"
        for code in codes
        if not code or code != code.strip()
    ]
    found += [
        f"statuses: {code!r} says unmapped, which is having no row"
        for code, sub in codes.items()
        if sub.is_unmapped
    ]
    ends = (Status.INFO_RECEIVED, Status.IN_TRANSIT, Status.OUT_FOR_DELIVERY, Status.DELIVERED)
    found += [f"statuses: no code of the carrier's says {status}" for status in ends if status not in reached]
    if not reached & {Status.RETURNING, Status.RETURNED}:
        found.append("statuses: no code of the carrier's says that a parcel goes back")
    if subs & OURS_TO_SAY:
        found.append(f"statuses: not a carrier's to say: {', '.join(sorted(subs & OURS_TO_SAY))}")
    return found


# --- What it asks ---


def requests(carrier: Carrier) -> Complaints:
    """What is wrong with the requests it builds, of any number whatever."""
    found: Complaints = []
    at_once = (
        (carrier.build, carrier.per_call),
        (carrier.register, carrier.registers_per_call or carrier.per_call),
    )
    for build, most in at_once:
        for count in {1, most} if build else ():
            found += _built(carrier, build, count)
    if isinstance(carrier.auth, Login):
        names = [secret.name for secret in carrier.auth.secrets]
        found += _sent(carrier, carrier.auth.request(dict.fromkeys(names, SECRET)), may_hold_secrets=True)
    return found


def _built(carrier: Carrier, build: Build, count: int) -> Complaints:
    hostile = Query(
        'A/../b?c=d&<x>"\x00\u00e9%2F',
        postal_code="46014",
        country="ES",
        language="es",
        carrier=next(iter(carrier.aggregates or ()), ""),
    )
    secrets = {secret.name: SECRET for secret in carrier.auth.secrets} | {"token": SECRET}
    # Auth in headers is the client's to add: a secret is in the body, or nowhere.
    in_body = isinstance(carrier.auth, InBody) or (
        isinstance(carrier.auth, Login) and not carrier.auth.header
    )
    return _sent(carrier, build([hostile] * count, secrets), may_hold_secrets=in_body)


def _sent(carrier: Carrier, request: Request, *, may_hold_secrets: bool) -> Complaints:
    found = []
    if not any(request.url.startswith(f"https://{host}/") for host in hosts(carrier)):
        found.append(f"build: asks {request.url!r}, which is not at the endpoint's host or one of hosts")
    if "/../" in request.url or any(char in request.url for char in '?<>" \x00'):
        found.append(f"build: a number changes where the request goes: {request.url!r}")
    if SECRET in request.url or (SECRET in repr(request) and not may_hold_secrets):
        found.append("build: a secret is where it does not belong; the client signs requests in")
    return found


def hosts(carrier: Carrier) -> tuple[str, ...]:
    return [*carrier.endpoint.split("/"), "", "", ""][2], *carrier.hosts


# --- What it reads ---


def recorded(code: str, cases: Sequence[Case]) -> Complaints:
    """Which of the answers it has to be shown are missing, or come from nowhere."""
    names = {case.name for case in cases}
    found = [
        f"tests/carriers/cases/{code}/{name}.json is missing: {what}"
        for name, what in REQUIRED.items()
        if name not in names
    ]
    found += [
        f"{case}: source has to be the https:// address where the answer is documented"
        for case in cases
        if not str(case.said["source"]).startswith("https://")
    ]
    return found


def misread(carrier: Carrier, case: Case) -> Complaints:
    """Where the adapter's outcome, numbers and statuses are not those a person reads."""
    reading = read(carrier, case.reply)
    found = []
    if reading.outcome != case.said["outcome"]:
        found.append(
            f"{case}: outcome is {reading.outcome}, not {case.said['outcome']} ({reading.error or 'no error'})"
        )
    numbers = [answer.number for answer in reading.answers]
    if numbers != [one["number"] for one in case.said["answers"]]:
        found.append(f"{case}: answers for {numbers}")
    for answer, wanted in zip(reading.answers, case.said["answers"], strict=False):
        now = position(events_of(carrier, answer)).sub_status
        if wanted.get("sub_status", now) != now:
            found.append(f"{case}: {answer.number} is {now}, not {wanted['sub_status']}")
    if case.name.startswith("new_code"):
        found += alarmed(carrier, case)
    return found


def alarmed(carrier: Carrier, case: Case) -> Complaints:
    """A code without a row has no meaning: it must move nothing and alarm nobody."""
    quiet = {
        Status.PENDING,
        Status.INFO_RECEIVED,
        Status.IN_TRANSIT,
        Status.OUT_FOR_DELIVERY,
        Status.AVAILABLE_FOR_PICKUP,
    }
    answers = read(carrier, case.reply).answers
    found = [] if answers else [f"{case}: no parcel is read in it"]
    for answer in answers:
        if all(scan.code in carrier.statuses for scan in answer.scans):
            found.append(f"{case}: every code has a row, none is new")
        if (now := position(events_of(carrier, answer)).status) not in quiet:
            found.append(f"{case}: a code without a row made it {now}")
    return found


def position(events: list[Event]) -> Position:
    return fold(Stored.of(event, event.occurred_at) for event in events)


# --- What it survives ---


def sound(carrier: Carrier, reply: Reply) -> None:
    """Parse; nothing but a CarrierError may come of it, and what comes can be stored, folded and shown."""
    try:
        answers = carrier.parse(reply)
    except CarrierError as error:
        assert isinstance(error.detail, str)
        error.detail.encode("utf-8")
        assert error.retry_after_s is None or 0 <= error.retry_after_s <= LONGEST_WAIT_S
        return
    for answer in answers:
        assert answer.outcome is not Outcome.FOUND or answer.number
        assert answer.pieces >= 1
        assert [scan.at for scan in answer.scans] == sorted(scan.at for scan in answer.scans)
        events = events_of(carrier, answer)
        for event in events:
            assert event.occurred_at.tzinfo is not None
            assert re.fullmatch("(?:[A-Z]{2})?", event.country)
        position(events)
        kept = [[event.code, event.text, event.place, event.said_at, event.raw] for event in events]
        # PostgreSQL stores neither NUL nor half a surrogate pair.
        stored = json.dumps([kept, answer.number, answer.detail, answer.signed_by], ensure_ascii=False)
        assert not _NUL.search(stored), "a NUL is left in what would be stored"
        stored.encode("utf-8")
        repr(answer).encode("utf-8")


# --- How the simulator speaks for it ---


def simulated(code: str, wires: Mapping[str, Wire], networks: Mapping[str, Network]) -> Complaints:
    """What its wire cannot tell, and what its network cannot do."""
    parts = {"wire": wires, "networks": networks}
    missing = [
        f"carriers/simulator/{part}/ has nothing for {code}"
        for part, known in parts.items()
        if code not in known
    ]
    if missing:
        return missing
    wire, network = wires[code], networks[code]
    untold = sorted(KINDS - set(wire.lines))
    found = [f"wire: {code} says nothing of {', '.join(untold)}"] if untold else []
    if not network.is_own(network.make(lambda count: "7" * count, random.Random(7))):
        found.append(f"networks: {code} makes numbers that are not its own")
    towns = {town for route in (*network.routes, network.abroad) for town in route}
    if not network.routes or towns - set(PLACES):
        found.append(f"networks: the routes of {code} are pairs of towns in carriers/simulator/places.py")
    return found


def all_of(carrier: Carrier, cases: Sequence[Case]) -> Complaints:
    """Everything a carrier can be held to by itself; empty when it keeps its promises."""
    checks: tuple[Callable[[Carrier], Complaints], ...] = (declaration, table, requests)
    found = [complaint for check in checks for complaint in check(carrier)]
    return found + recorded(carrier.code, cases) + [said for case in cases for said in misread(carrier, case)]
