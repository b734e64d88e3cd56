"""Asking the simulator as an adapter would have it, without pace or patience; what came back, read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from urllib.parse import urlsplit

import requests

from carriers import reading
from carriers.client import _basic, _credentials
from carriers.registry import CARRIERS
from carriers.simulator.remote import Simulator
from carriers.types import Answer, Login, OAuth2, Outcome, Query, Reply, Request, SubStatus

# Aggregators that have to be told whose a number is: theirs in the simulator are UPS'.
TOLD_WHOSE = {"shippo": "ups", "karrio": "ups"}
GUID = "0f8fad5b-d9cb-469f-a165-70867728950e"


def secrets_for(code: str) -> dict[str, str]:
    """Good credentials: the simulator takes any but those that begin with "invalid"."""
    return {secret.name: GUID if secret.name == "uid" else "good" for secret in CARRIERS[code].auth.secrets}


def call(simulator: Simulator, code: str, request: Request, headers: Mapping[str, str]) -> Reply:
    parts = urlsplit(request.url)
    further = {name: secrets_for(code)[key] for name, key in CARRIERS[code].secret_headers}
    answer = requests.request(
        request.method,
        f"{simulator.url}/{code}{parts.path}" + (f"?{parts.query}" if parts.query else ""),
        params=request.params,
        headers={"User-Agent": "Rastro", **further, **request.headers, **headers},
        data=request.body,
        timeout=10,
    )
    return Reply(answer.content, answer.status_code, dict(answer.headers))


Signed = tuple[dict[str, str], dict[str, str]]  # headers that sign a call in, secrets for its body


def signed_in(simulator: Simulator, code: str) -> Signed:
    auth, secrets = CARRIERS[code].auth, secrets_for(code)
    if isinstance(auth, OAuth2):
        return {"Authorization": f"Bearer {_access_token(simulator, code, auth)}"}, secrets
    if isinstance(auth, Login):
        token = auth.token(call(simulator, code, auth.request(secrets), {})).value
        return ({auth.header: auth.prefix + token} if auth.header else {}), {**secrets, "token": token}
    return _credentials(auth, secrets), secrets


def send(
    simulator: Simulator,
    code: str,
    queries: Sequence[Query],
    *,
    registering: bool = False,
    signed: Signed | None = None,
) -> Reply:
    """One call about these numbers, signed in with good credentials."""
    carrier = CARRIERS[code]
    headers, secrets = signed or signed_in(simulator, code)
    build = carrier.register if registering else carrier.build
    address = carrier.endpoint.format(number=queries[0].number)
    return call(simulator, code, build(queries, secrets) if build else Request(address), headers)


def _access_token(simulator: Simulator, code: str, auth: OAuth2) -> str:
    form = {"grant_type": "client_credentials"} | ({"scope": auth.scope} if auth.scope else {})
    in_form = auth.credentials_in != "basic"
    answer = requests.post(
        f"{simulator.url}/{code}{urlsplit(auth.token_url).path}",
        data=form | ({"client_id": "client", "client_secret": "good"} if in_form else {}),
        headers={} if in_form else _basic("client", "good"),
        timeout=10,
    )
    return str(answer.json()["access_token"])


def query_for(code: str, number: str, *, registered: bool = True) -> Query:
    return Query(number, registered=registered, carrier=TOLD_WHOSE.get(code, ""))


def ask(simulator: Simulator, code: str, number: str) -> reading.Reading:
    if CARRIERS[code].register:
        send(simulator, code, [query_for(code, number, registered=False)], registering=True)
    said = reading.read(CARRIERS[code], send(simulator, code, [query_for(code, number)]))
    further = [address for answer in said.answers for address in answer.ask_again]
    if len(further) != 1:  # nowhere else to ask, or a choice that is the client's
        return said
    headers, _secrets = signed_in(simulator, code)
    return reading.read(CARRIERS[code], call(simulator, code, Request(further[0]), headers))


def answer_of(simulator: Simulator, code: str, number: str) -> Answer:
    said = ask(simulator, code, number)
    assert said.outcome is Outcome.FOUND, said.error
    (answer,) = said.answers
    return answer


def told(simulator: Simulator, code: str, number: str) -> list[tuple[datetime, SubStatus]]:
    """What the simulated carrier has told of the parcel, oldest first."""
    (parcel,) = simulator.parcels(carrier=code, number=number)
    scans = [(datetime.fromisoformat(scan["at"]), SubStatus(scan["kind"])) for scan in parcel["scans"]]
    return sorted(scans, key=lambda scan: scan[0])
