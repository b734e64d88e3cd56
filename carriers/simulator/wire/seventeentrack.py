"""17TRACK v2.2, as its server speaks: register first, then ask, forty numbers a call."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

from carriers.simulator.digits import is_never_heard_of
from carriers.simulator.networks import seventeentrack as network
from carriers.simulator.watching import Registration
from carriers.simulator.wire.contract import Ask, Call, News, Reply, Wire, is_refused, json_body, json_reply
from carriers.simulator.wire.seventeentrack_lines import LINES, PROVIDERS, provider_of, track_info
from carriers.simulator.world import UPDATED, World
from carriers.types import Json

CODE = "17track"
PATHS = ("/track/v2.2/", "/track/v2.4/")
PER_CALL = 40
QUOTA = 100_000
_NUMBER = re.compile(r"[A-Za-z0-9-]{5,50}")
# The first minutes after a registration there is not even a "not found".
_FIRST_SYNC = timedelta(minutes=5)
_MESSAGES = {
    -18010002: "Invalid security key.",
    -18010003: "Internal service error.",
    -18019901: "The tracking number '{}' has been registered.",
    -18019902: "The tracking number '{}' does not register, please register first.",
    -18019903: "Carrier cannot be detected.",
    -18019907: "Exceeded daily limit.",
    -18019909: "No tracking information at this time.",
    -18010013: "The submitted data is invalid: an array of 1 to 40 numbers is expected.",
}


class RefusedError(Exception):
    """One number of a call is turned down; the others go on."""

    def __init__(self, code: int, number: str) -> None:
        super().__init__(code)
        self.entry = {"number": number, "error": _error(code, number)}


def answer(ask: Ask, world: World) -> Reply:
    prefix = next((one for one in PATHS if ask.path.startswith(one)), "")
    operation = ask.path.removeprefix(prefix)
    if not prefix or ask.method != "POST" or operation not in (*_OPERATIONS, "getquota"):
        return Reply(404, b"", "text/plain")
    key = _account(ask)
    if is_refused(key):
        return _failure(-18010002, 401)
    if operation == "getquota":
        return _quota(key, world)
    items = _items(ask.body)
    if items is None:
        return _failure(-18010013)
    accepted, rejected = [], []
    for item in items:
        try:
            accepted.append(_OPERATIONS[operation](item, key, ask, world))
        except RefusedError as refused:
            rejected.append(refused.entry)
    return json_reply({"code": 0, "data": {"accepted": accepted, "rejected": rejected}})


def refuse(status: int) -> Reply:
    return _failure(-18019907 if status == 429 else -18010003, status)


def push(news: News) -> Sequence[Call]:
    """The whole history each time, or word that no more will come. `sign` is made with the account's own key."""
    registration = news.registration
    provider = _provider(registration)
    data: dict[str, Json] = {
        "number": news.number,
        "carrier": provider,
        "param": None,
        "tag": registration.tag,
    }
    if news.event == UPDATED:
        data["track_info"] = track_info(news.view, provider, news.quirks)
    body = json_body({"event": f"TRACKING_{news.event.upper()}", "data": data})
    key = news.hook.secret or news.hook.key
    return [Call(body, {"sign": hashlib.sha256(body + b"/" + key.encode()).hexdigest()})]


def _error(code: int, number: str = "") -> Json:
    return {"code": code, "message": _MESSAGES[code].format(number)}


def _failure(code: int, status: int = 200) -> Reply:
    return json_reply({"code": 0, "data": {"errors": [_error(code)]}}, status)


def _items(body: bytes) -> list[dict[str, Json]] | None:
    try:
        items = json.loads(body)
    except ValueError:
        return None
    if not isinstance(items, list) or not 0 < len(items) <= PER_CALL:
        return None
    return items if all(isinstance(item, dict) for item in items) else None


def _registered(item: dict[str, Json], key: str, world: World) -> Registration:
    number = str(item.get("number", ""))
    known = world.watching.registration(CODE, key, number)
    if known is None:
        raise RefusedError(-18019902, number)
    return replace(known, provider=_provider(known))


def _provider(registration: Registration) -> int:
    """Whose the number is, also where it was ordered with a hook and never registered."""
    return registration.provider or provider_of(registration.number) or next(iter(PROVIDERS))


def _brief(registration: Registration) -> Json:
    return {"number": registration.number, "carrier": registration.provider}


def _register(item: dict[str, Json], key: str, ask: Ask, world: World) -> Json:
    number = str(item.get("number", ""))
    if world.watching.registration(CODE, key, number) is not None:
        raise RefusedError(-18019901, number)
    provider = item.get("carrier") or provider_of(number)
    if not _NUMBER.fullmatch(number) or not isinstance(provider, int) or provider not in PROVIDERS:
        raise RefusedError(-18019903, number)
    if not (network.is_own(number) or is_never_heard_of(number)):
        raise RefusedError(-18019903, number)
    tag = item.get("tag")
    tagged = str(tag) if tag else None
    world.follow(Registration(CODE, key, number, world.now().timestamp(), provider, tagged))
    return {
        "origin": 1,
        "number": number,
        "carrier": provider,
        "email": item.get("email"),
        "tag": tag,
        "lang": item.get("lang"),
    }


def _get_track_info(item: dict[str, Json], key: str, ask: Ask, world: World) -> Json:
    registration = _registered(item, key, world)
    view = world.view(CODE, registration.number, ask.quirks)
    if view is None:
        waited = timedelta(seconds=world.now().timestamp() - registration.registered_at)
        if waited * world.speed < _FIRST_SYNC:
            raise RefusedError(-18019909, registration.number)
    return {
        **_brief(registration),
        "param": None,
        "tag": registration.tag,
        "track_info": track_info(view, registration.provider, ask.quirks),
    }


def _stop(item: dict[str, Json], key: str, ask: Ask, world: World) -> Json:
    registration = _registered(item, key, world)
    world.follow(replace(registration, stopped=True))
    return _brief(registration)


def _retrack(item: dict[str, Json], key: str, ask: Ask, world: World) -> Json:
    """Once in a number's life."""
    registration = _registered(item, key, world)
    if registration.retracked or not registration.stopped:
        raise RefusedError(-18019901, registration.number)
    world.follow(replace(registration, stopped=False, retracked=True, told=0))
    return _brief(registration)


def _delete(item: dict[str, Json], key: str, ask: Ask, world: World) -> Json:
    registration = _registered(item, key, world)
    world.watching.forget(CODE, key, registration.number)
    return _brief(registration)


def _push(item: dict[str, Json], key: str, ask: Ask, world: World) -> Json:
    """Tell the hook now."""
    registration = _registered(item, key, world)
    world.watching.schedule(registration, UPDATED, world.now())
    return _brief(registration)


def _quota(key: str, world: World) -> Reply:
    used = len(world.watching.registrations(CODE, key=key))
    quota = {"quota_total": QUOTA, "quota_used": used, "quota_remain": QUOTA - used, "today_used": used}
    return json_reply({"code": 0, "data": quota})


_OPERATIONS: dict[str, Callable[[dict[str, Json], str, Ask, World], Json]] = {
    "register": _register,
    "gettrackinfo": _get_track_info,
    "stoptrack": _stop,
    "retrack": _retrack,
    "deletetrack": _delete,
    "push": _push,
}


def _account(ask: Ask) -> str:
    return ask.headers.get("17token", "")


WIRE = Wire(
    code=CODE,
    name="17TRACK",
    lines=LINES,
    answer=answer,
    refuse=refuse,
    account=_account,
    per_second=3,
    push=push,
)
