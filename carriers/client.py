"""All HTTP to carriers leaves here: signed in, paced, under a deadline; back come answers or our errors."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeVar
from urllib.parse import quote, urlsplit

from carriers import pace, tokens
from carriers.exchange import fetch
from carriers.payload import error_for, integer, json_of, obj, text
from carriers.reading import read
from carriers.types import (
    AccessToken,
    Answer,
    ApiKey,
    AuthError,
    BadResponseError,
    Basic,
    Build,
    Carrier,
    CarrierError,
    Change,
    ChangeAnswer,
    InvalidNumberError,
    Login,
    NotFoundError,
    OAuth2,
    Outcome,
    Query,
    RateLimitedError,
    Reply,
    Request,
    TransientError,
)

T = TypeVar("T")
Making = Callable[[Mapping[str, str]], Request]  # secrets → the request
WHOLE_S = 10.0  # one call with its token and its second look
SECOND_LOOKS = 3  # addresses followed where a number is ambiguous


def ask(
    carrier: Carrier,
    secrets: Mapping[str, str],
    queries: Sequence[Query],
    *,
    account_key: str,
    within_s: float = WHOLE_S,
) -> list[Answer]:
    """Ask one call's worth of numbers; one answer for each query, in their order.

    At most `carrier.per_call` queries. Nothing is asked twice: the next poll is the retry. Waits for the
    account's pace as long as the deadline allows. Raises CarrierError when the call answers for no number,
    of them NotNowError and OpenError when it was not made at all.
    """
    call = _Call(carrier, secrets, account_key, time.monotonic() + within_s)
    # An aggregator leaves out what it was never told of, or has forgotten.
    missing = Outcome.NOT_REGISTERED if carrier.register else Outcome.NOT_FOUND
    making = _making(carrier, carrier.build, queries, carrier.per_call)
    answers = _matched(queries, call.answers(making, queries), missing)
    return [_second_look(call, query, answer) for query, answer in zip(queries, answers, strict=True)]


def register(
    carrier: Carrier,
    secrets: Mapping[str, str],
    queries: Sequence[Query],
    *,
    account_key: str,
    within_s: float = WHOLE_S,
) -> list[Answer]:
    """Tell an aggregator of new numbers; one answer for each query. FOUND and OTHER mean it knows them now.

    Safe to repeat: a number registered before is no error. Raises CarrierError as `ask` does.
    """
    call = _Call(carrier, secrets, account_key, time.monotonic() + within_s)
    most = carrier.registers_per_call or carrier.per_call
    making = _making(carrier, carrier.register, queries, most)
    return _matched(queries, call.answers(making, queries), missing=Outcome.OTHER)


def subscribe(
    carrier: Carrier,
    secrets: Mapping[str, str],
    queries: Sequence[Query],
    *,
    account_key: str,
    within_s: float = WHOLE_S,
) -> None:
    """Ask the carrier to push what becomes of these numbers. Raises CarrierError as `ask` does.

    Safe to repeat: it renews. `secrets` hold `hook_url` and `hook_key` besides the account's own.
    """
    if carrier.subscription is None:
        raise ValueError(f"{carrier.code} takes no subscriptions")
    call = _Call(carrier, secrets, account_key, time.monotonic() + within_s)
    subscription = carrier.subscription
    if not isinstance(carrier.auth, Login):
        subscription.build(queries, secrets)  # what cannot be asked must not cost a turn
    call.confirmed(_making(carrier, subscription.build, queries, subscription.per_call))


def change(
    carrier: Carrier,
    secrets: Mapping[str, str],
    wanted: Change,
    *,
    account_key: str,
    within_s: float = WHOLE_S,
) -> ChangeAnswer:
    """Ask the carrier to deliver otherwise. Raises CarrierError where there was no answer.

    Asked once: the queue's next attempt is the retry, and carries the same reference of ours.
    """
    changing = carrier.change
    if changing is None or wanted.kind not in changing.kinds:
        raise ValueError(f"{carrier.code} takes no change of {wanted.kind}")
    call = _Call(carrier, secrets, account_key, time.monotonic() + within_s)
    return call.changed(lambda known: changing.build(wanted, known), changing.read)


def host_of(carrier: Carrier) -> str:
    return urlsplit(carrier.endpoint).netloc


class _Call:
    """One question with all HTTP it takes, under one deadline."""

    def __init__(
        self, carrier: Carrier, secrets: Mapping[str, str], account_key: str, deadline: float
    ) -> None:
        self.carrier, self.secrets, self.account_key = carrier, secrets, account_key
        self.deadline = deadline  # monotonic

    def answers(self, making: Making, queries: Sequence[Query]) -> list[Answer]:
        self._wait_for_turn()
        try:
            return pace.guarded(
                self.account_key, host_of(self.carrier), lambda: self._answered(making, queries)
            )
        except InvalidNumberError as error:
            if len(queries) > 1:  # one of these, and the carrier does not say which
                raise
            return [Answer(queries[0].number, error.outcome, detail=error.detail)]

    def confirmed(self, making: Making) -> None:
        """Raises CarrierError where the carrier does not take it."""
        self._wait_for_turn()
        pace.guarded(self.account_key, host_of(self.carrier), lambda: self._heard(making, _taken))

    def changed(self, making: Making, read: Callable[[Reply], ChangeAnswer]) -> ChangeAnswer:
        self._wait_for_turn()
        return pace.guarded(self.account_key, host_of(self.carrier), lambda: self._heard(making, read))

    def _answered(self, making: Making, queries: Sequence[Query]) -> list[Answer]:
        return self._heard(making, lambda reply: self._understood(reply, queries))

    def _heard(self, making: Making, understood: Callable[[Reply], T]) -> T:
        """Ask with the account's credentials; a token kept from before that is refused is fetched anew, once."""
        auth = self.carrier.auth
        if not isinstance(auth, OAuth2 | Login):
            return understood(self._send(making(self.secrets), _credentials(auth, self.secrets)))
        name, was_kept = tokens.name_of(self.account_key, self.secrets), True

        def fetched() -> AccessToken:
            nonlocal was_kept
            was_kept = False
            return self._new_token(auth)

        try:
            return understood(self._with_token(auth, making, tokens.token_for(name, fetched)))
        except AuthError:
            tokens.forget(name)
            if not was_kept:
                raise
        return understood(self._with_token(auth, making, tokens.token_for(name, fetched)))

    def _with_token(self, auth: OAuth2 | Login, making: Making, token: str) -> Reply:
        if isinstance(auth, OAuth2):
            return self._send(making(self.secrets), {"Authorization": f"Bearer {token}"})
        request = making({**self.secrets, "token": token})
        return self._send(request, {auth.header: auth.prefix + token} if auth.header else {})

    def _wait_for_turn(self) -> None:
        while wait_s := pace.take(self.account_key, self.carrier.limits):
            if time.monotonic() + wait_s >= self.deadline - 1:
                raise pace.NotNowError("The account may not ask more just now.", retry_after_s=wait_s)
            time.sleep(wait_s)

    def _new_token(self, auth: OAuth2 | Login) -> AccessToken:
        if isinstance(auth, Login):
            return auth.token(self._send(auth.request(self.secrets), {}))
        client_id, client_secret = (self.secrets.get(secret.name, "") for secret in auth.secrets[:2])
        form = {"grant_type": "client_credentials"} | ({"scope": auth.scope} if auth.scope else {})
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        if auth.credentials_in == "basic":
            headers |= _basic(client_id, client_secret)
        else:
            form |= {"client_id": client_id, "client_secret": client_secret}
        body = "&".join(f"{name}={quote(value, safe='')}" for name, value in form.items()).encode()
        reply = self._send(Request(auth.token_url, "POST", body=body), headers)
        if reply.status in (400, 401, 403):
            raise AuthError("The carrier refuses these credentials.")
        if reply.status != 200:
            raise error_for(reply)
        said = obj(json_of(reply))
        value = text(said.get("access_token"), 8000)
        if not value:
            raise BadResponseError("The carrier gave no access token.")
        return AccessToken(value, float(integer(said.get("expires_in")) or auth.lifetime_s))

    def _send(self, request: Request, headers: Mapping[str, str]) -> Reply:
        left_s = self.deadline - time.monotonic()
        if left_s <= 0:
            raise TransientError("There was no answer in time.")
        further = {name: sendable(self.secrets.get(key, "")) for name, key in self.carrier.secret_headers}
        return fetch(self.carrier, request, {**further, **headers}, left_s=left_s)

    def _understood(self, reply: Reply, queries: Sequence[Query]) -> list[Answer]:
        """The answers, or the error the reply amounts to: HTTP's word counts where the body says nothing."""
        reading = read(self.carrier, reply)
        error = reading.error
        if error is None and reading.answers and reply.status not in (401, 403, 429):
            return list(reading.answers)
        if error is None or isinstance(error, BadResponseError):
            by_status = error_for(reply, error.detail if error else "")
            error = by_status if reply.status and reply.status >= 400 else error or by_status
        if isinstance(error, NotFoundError):
            return [Answer(query.number, error.outcome, detail=error.detail) for query in queries]
        error.retry_after_s = _retry_after_s(reply, error)
        raise error


def _second_look(call: _Call, query: Query, answer: Answer) -> Answer:
    """Where a number means several parcels, ask each address the carrier names; the one that moved last."""
    if not answer.ask_again:
        return answer
    found: list[Answer] = []
    for address in answer.ask_again[:SECOND_LOOKS]:
        if urlsplit(address).scheme == "https" and urlsplit(address).netloc == host_of(call.carrier):
            told = call.answers(_fixed(address), [query])
            found += [one for one in told if one.outcome is Outcome.FOUND and one.scans]
    if not found:
        return Answer(query.number, Outcome.NOT_FOUND, detail=answer.detail)
    return replace(max(found, key=lambda one: one.scans[-1].at), number=query.number, ask_again=())


# --- Requests and credentials ---


def _making(carrier: Carrier, build: Build | None, queries: Sequence[Query], most: int) -> Making:
    """How the request comes about, once the secrets are all there: a token may be among them."""
    if not 0 < len(queries) <= most:
        raise ValueError(f"{carrier.code} takes 1 to {most} numbers a call, not {len(queries)}")
    if build is not None:
        return lambda secrets: build(queries, secrets)
    return lambda _secrets: Request(carrier.endpoint.format(number=quote(queries[0].number, safe="")))


def _taken(reply: Reply) -> None:
    if reply.status is None or not 200 <= reply.status < 300:
        error = error_for(reply)
        error.retry_after_s = _retry_after_s(reply, error)
        raise error


def _fixed(address: str) -> Making:
    return lambda _secrets: Request(address, headers={"Accept": "application/json"})


def sendable(secret: str) -> str:
    """A secret as a header carries it. Raises AuthError where it cannot."""
    if not (secret.isascii() and secret.isprintable()):
        raise AuthError("The key holds a character that cannot be sent.")
    return secret


def _credentials(auth: object, secrets: Mapping[str, str]) -> dict[str, str]:
    """The headers that sign the account in; what travels in the body, the adapter has put there."""
    if isinstance(auth, ApiKey):
        return {auth.header: auth.prefix + sendable(secrets.get(auth.secrets[0].name, ""))}
    if isinstance(auth, Basic):
        user, password = secrets.get(auth.user, ""), secrets.get(auth.password, "")
        return _basic(user, password) if user else {}
    return {}


def _basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def _matched(
    queries: Sequence[Query], answers: Sequence[Answer], missing: Outcome = Outcome.NOT_FOUND
) -> list[Answer]:
    """One answer a query. A carrier may write a number in a form of its own, and leave out what it lacks."""
    if len(queries) == len(answers) == 1:
        return [replace(answers[0], number=queries[0].number)]
    by_number = {_plain(answer.number): answer for answer in answers}
    return [
        replace(by_number.get(_plain(query.number), Answer("", missing)), number=query.number)
        for query in queries
    ]


def _plain(number: str) -> str:
    return "".join(filter(str.isalnum, number.upper()))


def _retry_after_s(reply: Reply, error: CarrierError) -> float | None:
    if error.retry_after_s is not None or not isinstance(error, RateLimitedError | TransientError):
        return error.retry_after_s
    dated = {"Date": datetime.now(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT"), **reply.headers}
    return error_for(replace(reply, headers=dated)).retry_after_s
