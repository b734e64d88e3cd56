"""The control API under /_sim/: seeds and tests order parcels, push them on, ask what was seen."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime

from carriers.simulator.changes import listed
from carriers.simulator.journeys import LIBRARY, UnknownJourneyError
from carriers.simulator.limits import Calls, Limits
from carriers.simulator.loopback import NotLoopbackError, checked
from carriers.simulator.loopback import ask as ask_here
from carriers.simulator.networks.registry import NETWORKS
from carriers.simulator.parcels import Parcel, next_told_at, tell
from carriers.simulator.places import UnknownPlaceError
from carriers.simulator.rude import ALL, Manners
from carriers.simulator.state import Message
from carriers.simulator.twilio import segments
from carriers.simulator.watching import Hook
from carriers.simulator.wire.contract import Ask, Reply, json_reply
from carriers.simulator.wire.registry import WIRES
from carriers.simulator.world import BadOrderError, Order, TakenError, World
from carriers.types import Json, SubStatus

TWILIO = "twilio"


class BadRequestError(ValueError):
    """A request of the control API that cannot be carried out; the message says what to change."""

    def __init__(self, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.status = status


class Control:
    """Answers /_sim/… for one world."""

    def __init__(self, world: World, manners: Manners, limits: Limits, calls: Calls) -> None:
        self._world, self._manners, self._limits, self._calls = world, manners, limits, calls
        self._routes: dict[tuple[str, str], Callable[[Ask], Reply]] = {
            ("GET", "/health"): lambda ask: json_reply({"ok": True}),
            ("GET", "/journeys"): lambda ask: json_reply({n: one.says for n, one in LIBRARY.items()}),
            ("GET", "/parcels"): self._parcels,
            ("POST", "/parcels"): self._order,
            ("POST", "/advance"): self._advance,
            ("GET", "/rude"): self._show_rude,
            ("POST", "/rude"): self._be_rude,
            ("DELETE", "/rude"): self._be_polite,
            ("POST", "/limits"): self._set_limits,
            ("GET", "/calls"): self._show_calls,
            ("DELETE", "/calls"): self._forget_calls,
            ("POST", "/hooks"): self._hook,
            ("POST", "/contents"): self._content,
            ("GET", "/messages"): self._messages,
            ("GET", "/changes"): lambda ask: json_reply(
                listed(self._world.store, ask.query.get("number", ""))
            ),
        }

    def answer(self, ask: Ask) -> Reply:
        route = self._routes.get((ask.method, ask.path))
        try:
            if route is None:
                known = ", ".join(f"{method} /_sim{path}" for method, path in self._routes)
                raise BadRequestError(f"There is no {ask.method} /_sim{ask.path}. There is: {known}.", 404)
            return route(ask)
        except TakenError as error:
            return json_reply({"error": str(error)}, 409)
        except BadRequestError as error:
            return json_reply({"error": str(error)}, error.status)
        except (BadOrderError, UnknownJourneyError, UnknownPlaceError, NotLoopbackError) as error:
            return json_reply({"error": str(error)}, 400)

    def _parcels(self, ask: Ask) -> Reply:
        found = self._world.store.parcels(
            carrier=ask.query.get("carrier", ""), number=ask.query.get("number", "")
        )
        return json_reply([described(parcel, self._world.now()) for parcel in found])

    def _order(self, ask: Ask) -> Reply:
        """One parcel or a list of them."""
        body = _json(ask)
        orders = [_order(item) for item in (body if isinstance(body, list) else [body])]
        done = [self._world.order(order) for order in orders]
        shown = [described(parcel, self._world.now()) for parcel, _ in done]
        status = 201 if any(is_new for _, is_new in done) else 200
        return json_reply(shown if isinstance(body, list) else shown[0], status)

    def _advance(self, ask: Ask) -> Reply:
        """Every parcel of that number, whichever carrier has it unless one is named."""
        body = _object(_json(ask))
        minutes = _number(body, "minutes")
        if minutes is None or minutes <= 0:
            raise BadRequestError('"minutes" is how far to push the parcel ahead: a number above 0.')
        number, carrier = _text(body, "number", required=True), _text(body, "carrier")
        found = self._world.store.parcels(carrier=carrier, number=number)
        if not found:
            raise BadRequestError(f"There is no parcel {number}. Order it first: POST /_sim/parcels.", 404)
        advanced = [self._world.advance(parcel, minutes) for parcel in found]
        return json_reply([described(parcel, self._world.now()) for parcel in advanced])

    def _show_rude(self, ask: Ask) -> Reply:
        return json_reply(
            [
                {"carrier": one.carrier, "kind": one.kind, "share": one.share, "seconds": round(left, 1)}
                for one, left in self._manners.current()
            ]
        )

    def _be_rude(self, ask: Ask) -> Reply:
        body = _object(_json(ask))
        carrier = _text(body, "carrier", required=True)
        if carrier not in (*NETWORKS, TWILIO, ALL):
            known = ", ".join((*NETWORKS, TWILIO, ALL))
            raise BadRequestError(f"There is no carrier {carrier!r}. Use one of: {known}.")
        share, seconds, slow_s = (
            default if given is None else given
            for given, default in (
                (_number(body, "share"), 1.0),
                (_number(body, "seconds"), 60.0),
                (_number(body, "slow_s"), 5.0),
            )
        )
        try:
            self._manners.add(carrier, _text(body, "kind", required=True), share, seconds, slow_s)
        except ValueError as error:
            raise BadRequestError(str(error)) from error
        return self._show_rude(ask)

    def _be_polite(self, ask: Ask) -> Reply:
        self._manners.clear()
        return json_reply([])

    def _set_limits(self, ask: Ask) -> Reply:
        enforced = _object(_json(ask)).get("enforced")
        if not isinstance(enforced, bool):
            raise BadRequestError('"enforced" is true or false.')
        self._limits.enforced = enforced
        return json_reply({"enforced": enforced})

    def _show_calls(self, ask: Ask) -> Reply:
        try:
            since = float(ask.query.get("since", "0"))
        except ValueError:
            raise BadRequestError('"since" is a moment in epoch seconds.') from None
        calls = self._calls.since(since, ask.query.get("carrier", ""))
        return json_reply([asdict(call) for call in calls])

    def _forget_calls(self, ask: Ask) -> Reply:
        self._calls.clear(self._world.now().timestamp())
        return json_reply([])

    def _hook(self, ask: Ask) -> Reply:
        """Where one customer of a carrier's wants to be told. Safe to repeat; another address takes its place."""
        body = _object(_json(ask))
        hook = Hook(
            carrier=_text(body, "carrier") or "17track",
            key=_text(body, "key", required=True),
            url=_text(body, "url", required=True),
            secret=_text(body, "secret"),
        )
        wire = WIRES.get(hook.carrier)
        if wire is None or wire.push is None:
            known = ", ".join(code for code, one in WIRES.items() if one.push)
            raise BadRequestError(f"{hook.carrier!r} pushes nothing. Use one of: {known}.")
        checked(hook.url)
        if wire.probes and not _is_there(wire.probes, hook.url):
            raise BadRequestError(
                f"{wire.name} asks {hook.url} with {wire.probes} first: it must answer 200."
            )
        self._world.hook(hook)
        return json_reply({"carrier": hook.carrier, "key": hook.key, "url": hook.url}, 201)

    def _content(self, ask: Ask) -> Reply:
        """A WhatsApp template's words, so that the phone can show them: {sid, body with {{1}}}."""
        body = _object(_json(ask))
        sid, text = _text(body, "sid", required=True), _text(body, "body", required=True)
        self._world.store.save_content(sid, text)
        return json_reply({"sid": sid, "body": text}, 201)

    def _messages(self, ask: Ask) -> Reply:
        found = self._world.store.messages(recipient=ask.query.get("to", ""))
        return json_reply([_message(one) for one in found])


def described(parcel: Parcel, now: datetime) -> Json:
    """A parcel for people and tests: where it has got to, and what comes next."""
    scans = tell(parcel, now).scans
    following = next_told_at(parcel, now)
    return {
        "carrier": parcel.carrier,
        "number": parcel.number,
        "journey": parcel.journey,
        "origin": parcel.origin,
        "destination": parcel.destination,
        "seed": parcel.seed,
        "started_at": parcel.clock.started_at.isoformat(),
        "speed": parcel.clock.speed,
        "minutes": round(parcel.clock.minutes(now), 1),
        "scans": [{"at": told.at.isoformat(), "kind": told.kind, "place": told.place.name} for told in scans],
        "next_at": following.isoformat() if following else None,
        "to_come": len(parcel.steps) - len(scans),
    }


def _is_there(method: str, url: str) -> bool:
    try:
        return ask_here(method, url, b"", {}) == 200
    except OSError:
        return False


def _message(one: Message) -> Json:
    return {
        "sid": one.sid,
        "account": one.account,
        "from": one.sender,
        "to": one.recipient,
        "body": one.body,
        "status": one.status,
        "error_code": one.error_code,
        "segments": segments(one.body),
        "callback": one.callback,
        "created_at": datetime.fromtimestamp(one.created_at, UTC).isoformat(),
        "updated_at": datetime.fromtimestamp(one.updated_at, UTC).isoformat(),
    }


def _json(ask: Ask) -> Json:
    """The body. Only as application/json: a form posted from a web page must not reach this."""
    if ask.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise BadRequestError("Send the body as Content-Type: application/json.", 415)
    try:
        return json.loads(ask.body)
    except ValueError as error:
        raise BadRequestError(f"The body is no JSON: {error}.") from error


def _object(value: Json) -> Mapping[str, Json]:
    if not isinstance(value, dict):
        raise BadRequestError("The body must be a JSON object.")
    return value


def _text(body: Mapping[str, Json], name: str, *, required: bool = False) -> str:
    value = body.get(name)
    if value is None and not required:
        return ""
    if not isinstance(value, str) or (required and not value):
        raise BadRequestError(f'"{name}" must be a text.')
    return value


def _number(body: Mapping[str, Json], name: str) -> float | None:
    value = body.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadRequestError(f'"{name}" must be a number.')
    return float(value)


def _speed(body: Mapping[str, Json], name: str) -> float | None:
    speed = _number(body, name)
    if speed is not None and not 0 < speed <= 1_000_000:
        raise BadRequestError(f'"{name}" is simulated minutes a real minute: above 0, up to 1000000.')
    return speed


def _order(item: Json) -> Order:
    body = _object(item)
    started_at, reached, again = _text(body, "started_at"), _text(body, "reached"), body.get("replace", False)
    if not isinstance(again, bool):
        raise BadRequestError('"replace" is true or false.')
    return Order(
        carrier=_text(body, "carrier", required=True),
        number=_text(body, "number", required=True),
        journey=_text(body, "journey"),
        started_at=_moment(started_at) if started_at else None,
        speed=_speed(body, "speed"),
        speed_from_now=_speed(body, "speed_from_now"),
        reached=_kind(reached) if reached else None,
        origin=_text(body, "origin"),
        destination=_text(body, "destination"),
        seed=_text(body, "seed"),
        replace=again,
        hook=_text(body, "hook"),
    )


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise BadRequestError('"started_at" is a moment with its offset, such as 2026-05-04T17:00:00+02:00.')
    return moment.astimezone(UTC)


def _kind(text: str) -> SubStatus:
    try:
        return SubStatus(text)
    except ValueError:
        raise BadRequestError(f'"reached" is the kind of a step, such as {SubStatus.ON_VEHICLE}.') from None
