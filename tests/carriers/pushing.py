"""Every provider that pushes, in the simulator: a hook named, a number followed, as its customer would."""

from __future__ import annotations

from carriers.registry import CARRIERS
from carriers.simulator.remote import Simulator
from carriers.simulator.wire.registry import WIRES
from carriers.types import OAuth2
from tests.carriers.asking import call, query_for, secrets_for, send, signed_in

PUSHING = sorted(code for code, wire in WIRES.items() if wire.push)
SECRET = "un secreto de 32 caracteres, dicho"
ONE_BY_ONE = ("inpost", "ups")  # a push is one scan, not the history
REGISTERED = sorted(code for code in PUSHING if CARRIERS[code].register)  # the others push what comes after


def key_of(code: str) -> str:
    """Whose hook it is: the client's, where tokens are given out, else the key's. InPost knows nobody."""
    return "client" if isinstance(CARRIERS[code].auth, OAuth2) else "good"


def secrets_of(code: str) -> dict[str, str]:
    """The account's, with the webhook's where it has one."""
    names = secrets_for(code)
    return {**names, "webhook_secret": SECRET} if "webhook_secret" in names else names


def hook(simulator: Simulator, code: str, url: str) -> None:
    """Where 17TRACK is concerned, the account's own key signs."""
    secret = SECRET if "webhook_secret" in secrets_for(code) else ""
    simulator.hook(key_of(code), url, carrier=code, secret=secret)


def follow(simulator: Simulator, code: str, number: str, *, url: str = "") -> None:
    """As the adapter would: by registering the number, by subscribing to it, or by asking about it."""
    carrier, query = CARRIERS[code], query_for(code, number)
    if carrier.register is not None:
        send(simulator, code, [query], registering=True)
    elif carrier.subscription is not None:
        signed, _ = signed_in(simulator, code)
        secrets = {**secrets_of(code), "hook_url": url}
        reply = call(simulator, code, carrier.subscription.build([query], secrets), signed)
        assert reply.status in (200, 201)
    else:
        send(simulator, code, [query])
