"""What the simulator sends by itself: Twilio's receipts, 17TRACK's pushes; and what it refuses to send to."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from carriers.simulator.loopback import NotLoopbackError, checked
from carriers.simulator.numbers import number_for
from carriers.simulator.outbox import Rhythm
from carriers.simulator.remote import Simulator, SimulatorError
from carriers.simulator.testing import QUICK, running
from carriers.simulator.twilio import segments
from carriers.types import SubStatus
from tests.carriers.receiving import Receiver, eventually, receiving

ACCOUNT, TOKEN = "AC" + "5" * 32, "the-auth-token"


@pytest.fixture(name="receiver")
def _receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


def send(simulator: Simulator, auth: tuple[str, str] = (ACCOUNT, TOKEN), **form: str) -> requests.Response:
    wanted = {"To": "+34600111222", "From": "Ceramica", "Body": "Hola"} | form
    return requests.post(
        f"{simulator.url}/twilio/2010-04-01/Accounts/{ACCOUNT}/Messages.json",
        data={name: value for name, value in wanted.items() if value},
        auth=auth,
        timeout=10,
    )


# Messages


def test_twilios_own_client_sends_and_reads_back(receiver: Receiver) -> None:
    class Here(TwilioHttpClient):
        """Twilio's client, its calls redirected as the product's are."""

        def request(self, method: str, url: str, *args: Any, **named: Any) -> Any:
            return super().request(
                method, url.replace("https://api.twilio.com", f"{simulator.url}/twilio"), *args, **named
            )

    with running() as simulator:
        client = Client(ACCOUNT, TOKEN, http_client=Here(timeout=5))
        sent = client.messages.create(
            to="+34600111222", from_="Ceramica", body="¡Llega hoy!", status_callback=receiver.url
        )
        eventually(lambda: len(receiver.got) == 3)
        eventually(lambda: client.messages(sent.sid).fetch().status == "delivered")

    assert sent.status == "queued"
    assert sent.sid.startswith("SM")
    assert sent.num_segments == "1"
    assert [form["MessageStatus"] for form in receiver.forms()] == ["queued", "sent", "delivered"]


def test_receipts_are_signed_as_twilio_signs(receiver: Receiver) -> None:
    with running() as simulator:
        sid = send(
            simulator, To="whatsapp:+34600111222", From="whatsapp:+14155238886", StatusCallback=receiver.url
        )
        eventually(lambda: len(receiver.got) == 4)

    validator = RequestValidator(TOKEN)
    for (path, headers, _), form in zip(receiver.got, receiver.forms(), strict=True):
        assert path == "/hook?shop=1"
        assert form["MessageSid"] == sid.json()["sid"]
        assert form["ChannelPrefix"] == "whatsapp"
        assert validator.validate(receiver.url, form, headers["X-Twilio-Signature"])
        assert not validator.validate(
            receiver.url, form | {"MessageStatus": "x"}, headers["X-Twilio-Signature"]
        )
    assert [form["MessageStatus"] for form in receiver.forms()] == ["queued", "sent", "delivered", "read"]


def test_a_receipt_is_sent_again_until_it_is_taken(receiver: Receiver) -> None:
    receiver.refuse = 2
    with running() as simulator:
        send(simulator, StatusCallback=receiver.url)
        eventually(lambda: len(receiver.got) == 3)
        eventually(lambda: simulator.messages()[0]["status"] == "delivered")

    assert receiver.refuse == 0
    assert [form["MessageStatus"] for form in receiver.forms()] == ["queued", "sent", "delivered"]


def test_a_message_moves_on_when_nobody_takes_its_receipts() -> None:
    with running() as simulator:
        send(simulator, StatusCallback="http://127.0.0.1:1/nobody")
        eventually(lambda: simulator.messages()[0]["status"] == "delivered")


def test_receipts_go_on_after_a_restart(tmp_path: Path, receiver: Receiver) -> None:
    state = str(tmp_path / "state.sqlite3")
    slow = Rhythm(receipts=(0.02, 0.5, 0.02, 0.02), retries=(0.1,), tick=0.02)
    with running(state=state, rhythm=slow) as simulator:
        send(simulator, StatusCallback=receiver.url)
        eventually(lambda: len(receiver.got) == 1)
    with running(state=state, rhythm=QUICK) as simulator:
        eventually(lambda: simulator.messages()[0]["status"] == "delivered")

    assert [form["MessageStatus"] for form in receiver.forms()] == ["queued", "sent", "delivered"]


@pytest.mark.parametrize(
    ("form", "status", "code"),
    [
        ({"To": "+15005550001"}, 400, 21211),
        ({"To": "600111222"}, 400, 21211),
        ({"To": "whatsapp:+15005550001", "From": "whatsapp:+14155238886"}, 400, 21211),
        ({"To": "+15005550004"}, 400, 21610),
        ({"To": "+15005550009"}, 400, 21614),
        ({"To": ""}, 400, 21604),
        ({"From": ""}, 400, 21603),
        ({"From": "+15005550007"}, 400, 21606),
        ({"From": "a name far too long"}, 400, 21212),
        ({"Body": ""}, 400, 21602),
        ({"Body": "x" * 1601}, 400, 21617),
        ({"To": "whatsapp:+34600111222"}, 400, 21910),
        ({"ContentSid": "HX1", "ContentVariables": "[1]"}, 400, 21656),
        ({"StatusCallback": "https://example.com/receipts"}, 400, 21609),
    ],
)
def test_twilio_turns_down_with_its_codes(form: dict[str, str], status: int, code: int) -> None:
    with running() as simulator:
        answer = send(simulator, **form)

        assert answer.status_code == status
        assert answer.json()["code"] == code
        assert answer.json()["status"] == status
        assert answer.json()["more_info"].endswith(str(code))
        assert simulator.messages() == []


def test_twilio_wants_to_know_who_asks() -> None:
    with running() as simulator:
        refused = [
            send(simulator, auth=auth).status_code
            for auth in ((ACCOUNT, "invalid"), (ACCOUNT, ""), ("ACother", TOKEN))
        ]
        with_a_key = send(simulator, auth=("SK" + "1" * 32, "secret")).status_code
        nowhere = requests.get(f"{simulator.url}/twilio/x", timeout=10)
        unknown = requests.get(
            f"{simulator.url}/twilio/2010-04-01/Accounts/{ACCOUNT}/Messages/SMx.json",
            auth=(ACCOUNT, TOKEN),
            timeout=10,
        )

    assert refused == [401, 401, 401]
    assert with_a_key == 201
    assert nowhere.status_code == unknown.status_code == 404


def test_twilio_can_be_too_busy_and_can_drop_the_line_after_taking_a_message() -> None:
    with running() as simulator:
        simulator.rude("twilio", "429")
        busy = send(simulator)
        simulator.polite()
        assert simulator.messages() == []
        simulator.rude("twilio", "dropped")
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            send(simulator)

        assert busy.status_code == 429
        assert busy.json()["code"] == 20429
        assert len(simulator.messages()) == 1


@pytest.mark.parametrize(
    ("to", "status", "code"),
    [
        ("+34600030003", "undelivered", 30003),
        ("+34600030005", "undelivered", 30005),
        ("+34600063016", "failed", 63016),
    ],
)
def test_some_numbers_are_taken_but_never_reached(
    to: str, status: str, code: int, receiver: Receiver
) -> None:
    with running() as simulator:
        send(simulator, To=to, StatusCallback=receiver.url)
        eventually(lambda: simulator.messages()[0]["status"] == status)
        eventually(lambda: receiver.forms()[-1]["MessageStatus"] == status)

        assert simulator.messages(to=to)[0]["error_code"] == code
    assert receiver.forms()[-1]["ErrorCode"] == str(code)
    assert "delivered" not in [form["MessageStatus"] for form in receiver.forms()]


def test_a_template_is_shown_in_its_words() -> None:
    with running() as simulator:
        simulator.content("HX1", "Hola, {{1}}: tu pedido {{ 2 }} llega hoy.")
        form = {"Body": "", "ContentVariables": json.dumps({"1": "Marta", "2": "#1042"})}
        known = send(simulator, ContentSid="HX1", **form).json()
        unknown = send(simulator, ContentSid="HX2", **form).json()

    assert known["body"] == "Hola, Marta: tu pedido #1042 llega hoy."
    assert unknown["body"] == "Marta\n#1042"


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("ã" * 70, 1),
        ("ã" * 71, 2),
        ("😀" * 36, 2),
    ],
)
def test_segments_are_counted_as_phones_do(text: str, count: int) -> None:
    assert segments(text) == count


# Where it may post to


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:8000/x",
        "http://127.0.0.1/x",
        "http://127.9.9.9:1/",
        "http://[::1]:80/",
        "http://a.localhost/",
    ],
)
def test_this_machine_may_be_posted_to(url: str) -> None:
    assert checked(url).geturl() == url


@pytest.mark.parametrize(
    "url",
    [
        "https://localhost/x",
        "http://example.com/",
        "http://localhost.example.com/",
        "http://127.0.0.1.nip.io/",
        "http://127.0.0.1@example.com/",
        "http://user@localhost/",
        "http://10.0.0.1/",
        "http://169.254.169.254/",
        "http://0.0.0.0/",
        "http://2130706433/",
        "http://[::ffff:10.0.0.1]/",
        "http://localhost:99999/",
        "http://[",
        "file:///etc/passwd",
        "localhost:8000",
        "",
    ],
)
def test_nowhere_else_may_be_posted_to(url: str) -> None:
    with pytest.raises(NotLoopbackError):
        checked(url)


# Pushes


def register(simulator: Simulator, number: str, operation: str = "register") -> None:
    requests.post(
        f"{simulator.url}/17track/track/v2.2/{operation}",
        json=[{"number": number, "tag": "T-1"}],
        headers={"17token": "the-key"},
        timeout=10,
    ).raise_for_status()


def latest(receiver: Receiver) -> str:
    body = json.loads(receiver.got[-1][2])
    return str(body["data"]["track_info"]["latest_status"]["sub_status"])


def test_a_push_follows_every_step_with_a_valid_sign(receiver: Receiver) -> None:
    number = number_for("17track", 1)
    with running(speed=1) as simulator:
        simulator.hook("the-key", receiver.url)
        simulator.add("17track", number, "straight", reached=SubStatus.PICKED_UP)
        register(simulator, number)
        eventually(lambda: len(receiver.got) == 1)
        first = latest(receiver)
        simulator.advance(number, 60 * 18.9)
        eventually(lambda: len(receiver.got) == 2)
        second = latest(receiver)

    _, headers, body = receiver.got[-1]
    said = json.loads(body)
    assert (first, second) == ("InTransit_PickedUp", "OutForDelivery_Other")
    assert headers["sign"] == hashlib.sha256(body + b"/the-key").hexdigest()
    assert said["event"] == "TRACKING_UPDATED"
    assert (said["data"]["number"], said["data"]["tag"]) == (number, "T-1")
    assert len(said["data"]["track_info"]["tracking"]["providers"][0]["events"]) == 6


def test_steps_that_come_by_themselves_are_pushed(receiver: Receiver) -> None:
    number = number_for("17track", 2)
    with running(speed=200_000) as simulator:  # 28.5 hours in half a second
        simulator.hook("the-key", receiver.url)
        register(simulator, number)
        simulator.add("17track", number, "straight", replace=True)
        eventually(
            lambda: receiver.got and json.loads(receiver.got[-1][2])["event"] == "TRACKING_STOPPED", 30
        )

    assert "Delivered_Other" in {
        json.loads(body)["data"].get("track_info", {}).get("latest_status", {}).get("sub_status")
        for _, _, body in receiver.got
    }


def test_a_hook_named_late_hears_what_has_happened(receiver: Receiver) -> None:
    number = number_for("17track", 3)
    with running(speed=1) as simulator:
        simulator.add("17track", number, "straight", started_at=datetime.now(UTC) - timedelta(days=3))
        register(simulator, number)
        time.sleep(0.2)  # the outbox drops what it has nowhere to send
        simulator.hook("the-key", receiver.url)
        eventually(lambda: len(receiver.got) == 1)

        assert latest(receiver) == "Delivered_Other"


def test_a_refused_push_comes_again_and_a_stopped_number_is_silent(receiver: Receiver) -> None:
    number = number_for("17track", 4)
    receiver.refuse = 2
    with running(speed=1) as simulator:
        simulator.hook("the-key", receiver.url)
        simulator.add("17track", number, "straight", reached=SubStatus.PICKED_UP)
        register(simulator, number)
        eventually(lambda: len(receiver.got) == 1)
        register(simulator, number, "stoptrack")
        simulator.advance(number, 5000)
        time.sleep(0.3)

        assert len(receiver.got) == 1


def test_a_hook_elsewhere_is_refused() -> None:
    with running() as simulator, pytest.raises(SimulatorError, match="on this machine"):
        simulator.hook("the-key", "https://example.com/hook")
