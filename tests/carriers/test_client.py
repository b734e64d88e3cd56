"""What leaves for a carrier, what comes back, and that its bad manners stay its own."""

from __future__ import annotations

import base64
import gzip
import itertools
import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import structlog

from carriers import client, exchange, pace, registry, shared
from carriers.simulator.numbers import number_for, unknown_number_for
from carriers.simulator.remote import Simulator
from carriers.simulator.testing import running
from carriers.types import (
    AccessToken,
    Answer,
    ApiKey,
    AuthError,
    BadResponseError,
    Basic,
    Carrier,
    Limits,
    Outcome,
    Query,
    RateLimitedError,
    Reply,
    Request,
    Scan,
    TransientError,
)

SECRETS = {
    "dhl": {"api_key": "demo"},
    "ups": {"client_id": "shop", "client_secret": "very secret"},
    "correos_es": {"username": "shop", "password": "demo"},
    "gls_es": {"uid": "6bae1c5c-0000-4000-8000-000000000001"},
    "laposte": {"api_key": "demo"},
    "17track": {"api_key": "demo"},
}
_accounts = itertools.count(1)


def account() -> str:
    """One that has asked nothing yet."""
    return f"test-{next(_accounts)}"


@pytest.fixture(scope="module")
def world() -> Iterator[Simulator]:
    with running(speed=60) as simulator:
        yield simulator


@pytest.fixture
def simulator(world: Simulator, settings: Any) -> Iterator[Simulator]:
    settings.CARRIER_SIMULATOR_URL = world.url
    yield world
    world.polite()
    world.enforce_limits(False)


def ask(code: str, *numbers: str, account_key: str = "", **secrets: str) -> list[Answer]:
    return client.ask(
        registry.get(code),
        secrets or SECRETS[code],
        [Query(number) for number in numbers],
        account_key=account_key or account(),
    )


def quick(code: str) -> Carrier:
    """The carrier, for an account that may ask as fast as it likes."""
    return replace(registry.get(code), limits=Limits(per_second=1000))


# --- Every carrier, over HTTP ---


@pytest.mark.parametrize("code", ["dhl", "ups", "correos_es", "gls_es", "laposte"])
def test_a_parcel_on_its_way_is_found_with_its_scans(simulator: Simulator, code: str) -> None:
    number = number_for(code, f"client-{code}")
    simulator.add(code, number, "straight", speed=6000)
    simulator.advance(number, 60 * 24 * 3, carrier=code)

    (answer,) = ask(code, number)

    assert (answer.number, answer.outcome) == (number, Outcome.FOUND)
    assert len(answer.scans) >= 5


@pytest.mark.parametrize("code", ["dhl", "ups", "correos_es", "gls_es", "laposte"])
def test_a_number_the_carrier_does_not_know_is_an_answer_not_an_error(
    simulator: Simulator, code: str
) -> None:
    number = unknown_number_for(code, 1)

    (answer,) = ask(code, number)

    assert (answer.number, answer.outcome, answer.scans) == (number, Outcome.NOT_FOUND, ())


@pytest.mark.parametrize("code", ["dhl", "ups", "laposte", "17track"])
def test_refused_credentials_are_an_auth_error(simulator: Simulator, code: str) -> None:
    secrets = {name: f"invalid {value}" for name, value in SECRETS[code].items()}

    with pytest.raises(AuthError):
        ask(code, number_for(code, 1), **secrets)


def test_ten_numbers_go_in_one_call_and_each_gets_its_own_answer(simulator: Simulator) -> None:
    simulator.forget_calls()
    known = [number_for("laposte", f"bulk-{n}") for n in range(8)]
    for number in known:
        simulator.add("laposte", number, "straight", speed=6000)
        simulator.advance(number, 60 * 24, carrier="laposte")
    numbers = [unknown_number_for("laposte", 7), *known, unknown_number_for("laposte", 8)]

    answers = ask("laposte", *numbers)

    assert [answer.number for answer in answers] == numbers
    assert [answer.outcome for answer in answers] == [
        Outcome.NOT_FOUND,
        *[Outcome.FOUND] * 8,
        Outcome.NOT_FOUND,
    ]
    assert len(simulator.calls(carrier="laposte")) == 1


def test_an_aggregator_is_told_of_a_number_before_it_can_be_asked(simulator: Simulator) -> None:
    carrier, key, query = registry.get("17track"), account(), Query(number_for("17track", 5))
    simulator.add("17track", query.number, "straight", speed=6000)
    simulator.advance(query.number, 60 * 24, carrier="17track")

    (before,) = client.ask(carrier, SECRETS["17track"], [query], account_key=key)
    (told,) = client.register(carrier, SECRETS["17track"], [query], account_key=key)
    (again,) = client.register(carrier, SECRETS["17track"], [query], account_key=key)
    (after,) = client.ask(carrier, SECRETS["17track"], [query], account_key=key)

    assert before.outcome is Outcome.NOT_REGISTERED
    assert (told.outcome, again.outcome) == (Outcome.OTHER, Outcome.OTHER)
    assert after.outcome is Outcome.FOUND


def test_more_numbers_than_a_call_takes_are_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="1 to 1 numbers"):
        ask("dhl", "1", "2")


# --- OAuth2 ---


def token_calls(simulator: Simulator) -> int:
    return sum("oauth" in call["path"] for call in simulator.calls(carrier="ups"))


def test_a_token_is_fetched_once_and_shared(simulator: Simulator) -> None:
    simulator.forget_calls()
    key = account()

    ask("ups", number_for("ups", 1), account_key=key)
    ask("ups", number_for("ups", 2), account_key=key)

    assert token_calls(simulator) == 1


def test_two_workers_that_need_a_token_at_once_fetch_one(simulator: Simulator) -> None:
    simulator.forget_calls()
    simulator.rude("ups", "slow", seconds=30, slow_s=0.4)
    key, done = account(), []

    def work(n: int) -> None:
        done.append(client.ask(quick("ups"), SECRETS["ups"], [Query(number_for("ups", n))], account_key=key))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(done) == 3
    assert token_calls(simulator) == 1


def test_a_token_the_carrier_no_longer_takes_is_fetched_anew_once(simulator: Simulator) -> None:
    key, number = account(), number_for("ups", 3)
    ask("ups", number, account_key=key)
    name = client.tokens.name_of(key, SECRETS["ups"])
    client.tokens._keep(name, AccessToken("stale", 600))
    simulator.forget_calls()

    (answer,) = ask("ups", number, account_key=key)

    assert answer.outcome in (Outcome.FOUND, Outcome.NOT_FOUND)
    assert [call["status"] for call in simulator.calls(carrier="ups")][:2] == [401, 200]
    assert token_calls(simulator) == 1


def test_other_credentials_do_not_get_the_old_ones_token(simulator: Simulator) -> None:
    key, number = account(), number_for("ups", 4)
    ask("ups", number, account_key=key)

    with pytest.raises(AuthError):
        ask("ups", number, account_key=key, client_id="shop", client_secret="invalid")


def test_a_token_is_sealed_in_redis(simulator: Simulator) -> None:
    key = account()
    ask("ups", number_for("ups", 5), account_key=key)
    name = client.tokens._key(client.tokens.name_of(key, SECRETS["ups"]))

    stored = shared.client().get(name)  # type: ignore[union-attr]

    assert stored and client.tokens._kept(name.removeprefix("carrier:token:")) not in str(stored)


def test_without_redis_an_account_still_asks(simulator: Simulator, settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"  # nobody listens there
    key = account()

    answers = ask("ups", number_for("ups", 6), account_key=key) + ask(
        "correos_es", number_for("correos_es", 6)
    )

    assert len(answers) == 2


# --- Bad manners ---


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("500", TransientError),
        ("429", RateLimitedError),
        ("html", BadResponseError),
        ("truncated", BadResponseError),
        ("dropped", TransientError),
    ],
)
@pytest.mark.parametrize("code", ["dhl", "correos_es", "gls_es", "laposte", "17track"])
def test_rudeness_comes_back_as_one_of_our_errors(
    simulator: Simulator, code: str, kind: str, error: type[Exception]
) -> None:
    number = number_for(code, "rude")
    if code != "17track":
        simulator.add(code, number, "straight", speed=6000)
        simulator.advance(number, 60 * 24, carrier=code)
    simulator.rude(code, kind)

    with pytest.raises(error):
        ask(code, number)


def test_a_carrier_that_says_when_to_come_back_is_believed(simulator: Simulator) -> None:
    simulator.rude("dhl", "429")

    with pytest.raises(RateLimitedError) as raised:
        ask("dhl", number_for("dhl", 1))

    assert raised.value.retry_after_s == 2


def test_a_carrier_that_is_slow_is_not_waited_for(simulator: Simulator) -> None:
    simulator.rude("dhl", "slow", slow_s=20)
    began = time.monotonic()

    with pytest.raises(TransientError, match="in time"):
        client.ask(
            registry.get("dhl"),
            SECRETS["dhl"],
            [Query(number_for("dhl", 1))],
            account_key=account(),
            within_s=1,
        )

    assert time.monotonic() - began < 3


def test_an_ambiguous_number_is_asked_for_once_more_where_the_carrier_says(settings: Any) -> None:
    def answer(path: str) -> Any:
        if "service=parcel-de" in path:
            event = {"timestamp": "2026-11-20T10:00:00+01:00", "statusCode": "transit", "status": "AA"}
            return {
                "shipments": [
                    {"id": "00340433812736450018", "service": "parcel-de", "events": [event], "status": event}
                ]
            }
        return {
            "shipments": [],
            "possibleAdditionalShipmentsUrl": [
                "/shipments?trackingNumber=00340433812736450018&service=parcel-de",
            ],
        }

    with serving(lambda handler: handler.reply(json.dumps(answer(handler.path)).encode())) as server:
        settings.CARRIER_SIMULATOR_URL = server.url
        (found,) = client.ask(
            quick("dhl"), SECRETS["dhl"], [Query("00340433812736450018")], account_key=account()
        )

    assert (found.outcome, len(found.scans), found.ask_again) == (Outcome.FOUND, 1, ())
    assert len(server.seen) == 2


# --- A server that is worse than any carrier ---


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def reply(self, body: bytes, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if "Content_Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Not on the test's output."""

    def _do(self) -> None:
        self.server.seen.append((self.path, dict(self.headers)))  # type: ignore[attr-defined]
        try:
            self.server.behave(self)  # type: ignore[attr-defined]
        except ConnectionError:  # the client had enough
            self.close_connection = True

    do_GET = do_POST = _do


@contextmanager
def serving(behave: Callable[[Handler], None]) -> Iterator[Any]:
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads, server.behave, server.seen = True, behave, []
    server.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def parse(reply: Reply) -> list[Answer]:
    return [Answer(json.loads(reply.body)["number"])]


def velopost(**fields: Any) -> Carrier:
    return Carrier(
        **{
            "code": "velopost",
            "name": "Velopost",
            "docs": "https://velopost.example/docs",
            "endpoint": "https://api.velopost.example/parcels/{number}",
            "auth": ApiKey(header="X-Api-Key", prefix="Key "),
            "parse": parse,
            "statuses": {},
            "limits": Limits(per_second=1000),
            **fields,
        }
    )


def ask_velopost(
    settings: Any, server: Any, secrets: dict[str, str] | None = None, **fields: Any
) -> list[Answer]:
    settings.CARRIER_SIMULATOR_URL = server.url
    return client.ask(
        velopost(**fields), secrets or {"api_key": "s3cret"}, [Query("V 1/2")], account_key=account()
    )


OK = json.dumps({"number": "V1/2"}).encode()


def test_a_call_says_who_asks_and_with_which_key(settings: Any) -> None:
    with serving(lambda handler: handler.reply(OK)) as server:
        assert ask_velopost(settings, server) == [Answer("V 1/2")]

    ((path, headers),) = server.seen
    assert path == "/velopost/parcels/V%201%2F2"
    assert headers["X-Api-Key"] == "Key s3cret"
    assert headers["User-Agent"] == f"Rastro ({settings.SITE_URL})"


def test_basic_credentials_are_sent_as_utf_8(settings: Any) -> None:
    with serving(lambda handler: handler.reply(OK)) as server:
        ask_velopost(settings, server, {"username": "año", "password": "clavé"}, auth=Basic())

    assert base64.b64decode(server.seen[0][1]["Authorization"].removeprefix("Basic ")).decode() == "año:clavé"


def test_a_compressed_answer_is_read(settings: Any) -> None:
    with serving(lambda handler: handler.reply(gzip.compress(OK), Content_Encoding="gzip")) as server:
        assert ask_velopost(settings, server) == [Answer("V 1/2")]


def test_an_answer_without_end_is_cut_off(settings: Any) -> None:
    bomb = gzip.compress(b" " * (exchange.MAX_BYTES + 1))
    with (
        serving(lambda handler: handler.reply(bomb, Content_Encoding="gzip")) as server,
        pytest.raises(BadResponseError, match="longer than 4 MiB"),
    ):
        ask_velopost(settings, server)


def test_an_answer_that_trickles_is_cut_off(settings: Any) -> None:
    def trickle(handler: Handler) -> None:
        handler.reply(b"", Content_Length="100000")
        for _ in range(100):
            handler.wfile.write(b"x")
            handler.wfile.flush()
            time.sleep(0.05)

    began = time.monotonic()
    with serving(trickle) as server, pytest.raises(TransientError, match="end in time"):
        settings.CARRIER_SIMULATOR_URL = server.url
        client.ask(velopost(), {"api_key": "k"}, [Query("V1")], account_key=account(), within_s=0.5)

    assert time.monotonic() - began < 3


def test_a_redirect_on_the_same_host_is_followed(settings: Any) -> None:
    def behave(handler: Handler) -> None:
        if handler.path.endswith("/there"):
            handler.reply(OK)
        else:
            handler.reply(b"", 307, Location="/velopost/there")

    with serving(behave) as server:
        assert ask_velopost(settings, server) == [Answer("V 1/2")]


@pytest.mark.parametrize(
    "there", ["http://127.0.0.1:9/", "https://example.com/", "file:///etc/passwd", "//evil.example/"]
)
def test_a_redirect_to_another_host_is_not_followed(settings: Any, there: str) -> None:
    with (
        serving(lambda handler: handler.reply(b"", 302, Location=there)) as server,
        pytest.raises(BadResponseError, match="elsewhere"),
    ):
        ask_velopost(settings, server)


def test_redirects_in_circles_end(settings: Any) -> None:
    with (
        serving(lambda handler: handler.reply(b"", 302, Location=handler.path)) as server,
        pytest.raises(BadResponseError, match="circles"),
    ):
        ask_velopost(settings, server)


def test_cookies_of_one_account_are_not_shown_to_the_next(settings: Any) -> None:
    with serving(lambda handler: handler.reply(OK, Set_Cookie="session=shop-1; Path=/")) as server:
        ask_velopost(settings, server)
        ask_velopost(settings, server)

    assert "Cookie" not in server.seen[1][1]


def test_nothing_is_asked_twice_when_it_fails(settings: Any) -> None:
    with (
        serving(lambda handler: handler.reply(b"", 503)) as server,
        pytest.raises(TransientError),
    ):
        ask_velopost(settings, server)

    assert len(server.seen) == 1


def test_a_parser_that_fails_is_a_bad_response(settings: Any) -> None:
    def broken(reply: Reply) -> list[Answer]:
        raise KeyError("s3cret in the payload")

    with (
        serving(lambda handler: handler.reply(OK)) as server,
        pytest.raises(BadResponseError) as raised,
    ):
        ask_velopost(settings, server, parse=broken)

    assert "s3cret" not in str(raised.value)


@pytest.mark.parametrize("secret", ["línea\nnueva", "clave€", "nul\x00"])
def test_a_key_that_cannot_be_sent_is_refused_without_repeating_it(settings: Any, secret: str) -> None:
    with (
        serving(lambda handler: handler.reply(OK)) as server,
        pytest.raises(AuthError) as raised,
    ):
        ask_velopost(settings, server, {"api_key": secret})

    assert secret not in str(raised.value)
    assert server.seen == []


def test_no_error_and_no_log_line_repeats_a_secret(settings: Any, caplog: pytest.LogCaptureFixture) -> None:
    def in_the_query(queries: Any, secrets: Any) -> Request:
        return Request("https://api.velopost.example/track", params={"key": secrets["api_key"]})

    settings.CARRIER_SIMULATOR_URL = "http://127.0.0.1:9"
    with (
        caplog.at_level(logging.DEBUG),
        structlog.testing.capture_logs() as lines,
        pytest.raises(TransientError) as raised,
    ):
        client.ask(velopost(build=in_the_query), {"api_key": "s3cret"}, [Query("V1")], account_key=account())

    assert "s3cret" not in str(raised.value) + repr(raised.value.__cause__) + caplog.text + str(lines)


# --- Pace ---


def test_an_account_that_has_spent_its_pace_does_not_ask(settings: Any) -> None:
    key, limits = account(), Limits(per_second=1 / 60)
    with serving(lambda handler: handler.reply(OK)) as server:
        settings.CARRIER_SIMULATOR_URL = server.url
        client.ask(velopost(limits=limits), {"api_key": "k"}, [Query("V1")], account_key=key)
        with pytest.raises(pace.NotNowError) as raised:
            client.ask(velopost(limits=limits), {"api_key": "k"}, [Query("V1")], account_key=key)

    assert len(server.seen) == 1
    assert 50 < (raised.value.retry_after_s or 0) <= 61


def test_a_carrier_that_keeps_failing_is_left_alone_then_tried_once(settings: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(pace, "OPEN_S", 1.0)
    key, down = account(), True

    def asked() -> list[Answer]:
        return client.ask(velopost(), {"api_key": "k"}, [Query("V1")], account_key=key)

    with serving(lambda handler: handler.reply(b"" if down else OK, 503 if down else 200)) as server:
        settings.CARRIER_SIMULATOR_URL = server.url
        for _ in range(pace.FAILURES):
            with pytest.raises(TransientError):
                asked()
        with pytest.raises(RateLimitedError):
            client.ask(velopost(), {"api_key": "k"}, [Query("V1")], account_key=key, within_s=0.1)
        assert len(server.seen) == pace.FAILURES
        down = False
        time.sleep(2.1)
        assert asked() == [Answer("V1")]
        assert asked() == [Answer("V1")]


def test_scans_survive_the_way(settings: Any) -> None:
    scan = Scan(datetime(2026, 11, 20, tzinfo=UTC), "T1", "En tránsito")
    with serving(lambda handler: handler.reply(OK)) as server:
        (answer,) = ask_velopost(settings, server, parse=lambda reply: [Answer("x", scans=(scan,))])

    assert (answer.number, answer.scans) == ("V 1/2", (scan,))
