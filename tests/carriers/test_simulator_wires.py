"""The six wire formats as the simulator speaks them: auth, shapes, refusals, not-found forms."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
import xmltodict

from carriers.simulator.digits import sscc_check_digit
from carriers.simulator.numbers import number_for, unknown_number_for
from carriers.simulator.remote import Simulator
from carriers.simulator.testing import running
from carriers.types import SubStatus

NOON = datetime(2026, 5, 20, 10, tzinfo=UTC)  # 12:00 in Madrid and Paris
GUID = "0f8fad5b-d9cb-469f-a165-70867728950e"
ENVELOPE = (
    '<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope">'
    '<s:Body><GetExpCli xmlns="http://www.asmred.com/"><codigo>{number}</codigo><uid>{uid}</uid></GetExpCli>'
    "</s:Body></s:Envelope>"
)


class Clock:
    """The time of day in the simulator, as a test turns it."""

    def __init__(self) -> None:
        self.at = NOON

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def simulator(clock: Clock) -> Iterator[Simulator]:
    with running(speed=1, now=clock) as one:
        yield one


def delivered(simulator: Simulator, carrier: str, seed: int = 1) -> str:
    """The number of a parcel delivered 90 minutes ago."""
    number = number_for(carrier, seed)
    simulator.add(carrier, number, "straight", started_at=NOON - timedelta(hours=30))
    return number


def get(simulator: Simulator, path: str, **headers: str) -> requests.Response:
    return requests.get(simulator.url + path, headers=headers, timeout=10)


# DHL


def dhl(simulator: Simulator, number: str, key: str = "k", query: str = "") -> requests.Response:
    path = f"/dhl/track/shipments?trackingNumber={number}{query}"
    return get(simulator, path, **{"DHL-API-Key": key})


def test_dhl_tells_the_newest_first_with_its_own_codes(simulator: Simulator) -> None:
    number = number_for("dhl", 1)
    simulator.add(
        "dhl", number, "straight", reached=SubStatus.ON_VEHICLE, origin="Berlin", destination="Valencia"
    )

    shipment = dhl(simulator, number).json()["shipments"][0]

    assert shipment["id"] == number
    assert shipment["service"] == "express"
    assert [(event["statusCode"], event["status"]) for event in shipment["events"]] == [
        ("transit", "WC"),
        ("transit", "AR"),
        ("transit", "PL"),
        ("transit", "DF"),
        ("transit", "PU"),
        ("pre-transit", "PD-INFO"),
    ]
    assert shipment["status"] == shipment["events"][0]
    assert shipment["status"]["location"]["address"]["addressLocality"] == "Valencia"
    assert shipment["estimatedTimeOfDelivery"].endswith("+02:00")
    frame = shipment["estimatedDeliveryTimeFrame"]
    assert frame["estimatedFrom"] < shipment["estimatedTimeOfDelivery"] < frame["estimatedThrough"]


def test_dhl_drops_the_offset_of_some_times_which_are_then_local(simulator: Simulator) -> None:
    number = delivered(simulator, "dhl")

    times = [event["timestamp"] for event in dhl(simulator, number).json()["shipments"][0]["events"]]
    bare = [at for at in times if at[-6] not in "+-"]

    assert 0 < len(bare) < len(times)
    simulator.rude("dhl", "missing_zone")
    all_bare = [event["timestamp"] for event in dhl(simulator, number).json()["shipments"][0]["events"]]
    assert all_bare == [at[:19] for at in times]


def test_dhl_refuses_as_problem_json(simulator: Simulator) -> None:
    unknown = unknown_number_for("dhl", 1)
    answers = {
        401: dhl(simulator, unknown, key="invalid-key"),
        404: dhl(simulator, unknown),
        400: get(simulator, "/dhl/track/shipments", **{"DHL-API-Key": "k"}),
    }

    for status, answer in answers.items():
        assert answer.status_code == status
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json()["status"] == status
    assert answers[404].json()["instance"] == f"/shipments?trackingNumber={unknown}"
    assert get(simulator, f"/dhl/track/shipments?trackingNumber={unknown}").status_code == 401


def test_dhl_knows_a_parcel_twenty_minutes_after_its_label(simulator: Simulator, clock: Clock) -> None:
    number = number_for("dhl", 1)

    assert dhl(simulator, number).status_code == 404
    clock.at += timedelta(minutes=19)
    assert dhl(simulator, number).status_code == 404
    clock.at += timedelta(minutes=1)
    assert dhl(simulator, number).json()["shipments"][0]["status"]["statusCode"] == "pre-transit"


def test_dhl_says_delivered_of_a_parcel_that_waits_in_a_shop(simulator: Simulator) -> None:
    body = "0034043381273645001"
    number = body + sscc_check_digit(body)
    simulator.add("dhl", number, "pickup_point", reached=SubStatus.PICKUP_POINT)

    shipment = dhl(simulator, number).json()["shipments"][0]

    assert shipment["service"] == "parcel-de"
    assert (shipment["status"]["statusCode"], shipment["status"]["status"]) == ("delivered", "ZF")


def test_dhl_can_ask_to_be_asked_again(simulator: Simulator) -> None:
    number = delivered(simulator, "dhl")
    simulator.rude("dhl", "shape")

    ambiguous = dhl(simulator, number).json()
    told = dhl(simulator, number, query="&service=express").json()

    assert ambiguous["shipments"] == []
    assert (
        f"/shipments?trackingNumber={number}&service=express" in ambiguous["possibleAdditionalShipmentsUrl"]
    )
    assert told["shipments"][0]["id"] == number


# UPS


def ups_token(simulator: Simulator, secret: str = "good") -> requests.Response:  # noqa: S107
    return requests.post(
        f"{simulator.url}/ups/security/v1/oauth/token",
        data={"grant_type": "client_credentials"},
        auth=("client", secret),
        timeout=10,
    )


def ups(simulator: Simulator, number: str, token: str | None = None) -> requests.Response:
    token = token or ups_token(simulator).json()["access_token"]
    return get(
        simulator,
        f"/ups/api/track/v1/details/{number}",
        Authorization=f"Bearer {token}",
        transId="1",
        transactionSrc="tests",
    )


def test_ups_gives_a_token_that_expires(simulator: Simulator, clock: Clock) -> None:
    number, answer = delivered(simulator, "ups"), ups_token(simulator).json()

    assert answer["expires_in"] == "14399"
    assert answer["token_type"] == "Bearer"
    assert ups(simulator, number, answer["access_token"]).status_code == 200
    clock.at += timedelta(seconds=14_399)
    late = ups(simulator, number, answer["access_token"])
    assert late.status_code == 401
    assert late.json()["response"]["errors"][0]["code"] == "250002"


def test_ups_tokens_outlive_a_restart_but_cannot_be_made_up(simulator: Simulator, clock: Clock) -> None:
    number, token = delivered(simulator, "ups"), ups_token(simulator).json()["access_token"]
    longer = token.replace(token.split(".")[1], str(int(token.split(".")[1]) + 9))

    assert ups(simulator, number, longer).status_code == 401
    assert get(simulator, f"/ups/api/track/v1/details/{number}").status_code == 401
    with running(now=clock) as another:
        assert ups(another, delivered(another, "ups"), token).status_code == 200


def test_ups_refuses_wrong_clients_and_grants(simulator: Simulator) -> None:
    url = f"{simulator.url}/ups/security/v1/oauth/token"

    assert ups_token(simulator, "invalid").status_code == 401
    assert requests.post(url, timeout=10).status_code == 401
    assert requests.post(url, auth=("a", "b"), data={"grant_type": "x"}, timeout=10).status_code == 400
    assert requests.post(url, headers={"Authorization": "Basic !"}, timeout=10).status_code == 401


def test_ups_tells_package_activities_in_gmt_and_local(simulator: Simulator) -> None:
    number = number_for("ups", 1)
    simulator.add(
        "ups", number, "straight", reached=SubStatus.ON_VEHICLE, origin="Madrid", destination="Lisboa"
    )

    package = ups(simulator, number).json()["trackResponse"]["shipment"][0]["package"][0]
    van = package["activity"][0]

    assert package["currentStatus"]["code"] == "021"
    assert van["status"]["type"] == "I"
    assert (van["date"], van["time"], van["gmtOffset"]) == ("20260520", "110000", "+01:00")
    assert (van["gmtDate"], van["gmtTime"]) == ("20260520", "10:00:00")
    assert package["activity"][-1]["location"]["address"]["city"] == ""
    assert package["deliveryDate"] == [{"type": "SDD", "date": "20260520"}]
    assert package["deliveryTime"] == {"type": "EDW", "startTime": "150000", "endTime": "170000"}


def test_ups_says_until_when_a_parcel_waits(simulator: Simulator) -> None:
    number = number_for("ups", 2)
    simulator.add("ups", number, "pickup_point", reached=SubStatus.PICKUP_POINT)

    package = ups(simulator, number).json()["trackResponse"]["shipment"][0]["package"][0]

    assert package["accessPointInformation"] == {"pickupByDate": "20260527"}
    assert "deliveryDate" not in package


def test_ups_has_two_ways_to_say_not_found(simulator: Simulator) -> None:
    unknown = unknown_number_for("ups", 1)

    plain = ups(simulator, unknown)
    simulator.rude("ups", "shape")
    warned = ups(simulator, unknown)

    assert plain.status_code == 404
    assert plain.json()["response"]["errors"][0]["code"] == "TV1003"
    assert warned.status_code == 200
    assert warned.json()["trackResponse"]["shipment"][0]["warnings"][0]["code"] == "TW0001"
    assert ups(simulator, "1ZA4X81W0300294752").status_code == 400


def test_ups_wants_its_two_headers(simulator: Simulator) -> None:
    token = ups_token(simulator).json()["access_token"]
    path = f"/ups/api/track/v1/details/{number_for('ups', 1)}"

    assert get(simulator, path, Authorization=f"Bearer {token}").status_code == 400


# Correos


def correos(simulator: Simulator, number: str, query: str = "", **headers: str) -> requests.Response:
    return get(simulator, f"/correos_es/canonico/eventos_envio_servicio/{number}{query}", **headers)


def test_correos_tells_the_oldest_first_in_madrid_time(simulator: Simulator) -> None:
    number = delivered(simulator, "correos_es")

    (shipment,) = correos(simulator, number).json()

    assert shipment["error"] == {"codError": "0", "desError": ""}
    assert [event["codEvento"] for event in shipment["eventos"]] == [
        "A090000V",
        "A010000V",
        "P100000V",
        "P040000V",
        "P090000V",
        "H020000V",
        "I010000V",
    ]
    last = shipment["eventos"][-1]
    assert (last["fecEvento"], last["horEvento"], last["fase"]) == ("20/05/2026", "10:30:00", "4")
    assert shipment["resumen_ultimo"] == "Entregado"
    (latest,) = correos(simulator, number, "?indUltEvento=S").json()
    assert latest["eventos"] == [last]


def test_correos_answers_200_to_an_unknown_number(simulator: Simulator) -> None:
    answer = correos(simulator, unknown_number_for("correos_es", 1))

    assert answer.status_code == 200
    assert answer.json()[0]["error"]["codError"] == "3"
    assert answer.json()[0]["eventos"] is None


def test_correos_names_the_office_only_while_the_parcel_waits_there(simulator: Simulator) -> None:
    waits, moves = number_for("correos_es", 2), delivered(simulator, "correos_es")
    simulator.add("correos_es", waits, "pickup_point", reached=SubStatus.PICKUP_POINT, destination="Sevilla")

    assert correos(simulator, waits).json()[0]["nom_codired"] == "OFICINA DE SEVILLA SUC 3"
    assert correos(simulator, moves).json()[0]["nom_codired"] == ""


def test_correos_turns_a_caller_without_a_name_away(simulator: Simulator) -> None:
    answer = correos(simulator, delivered(simulator, "correos_es"), **{"User-Agent": ""})

    assert answer.headers["Content-Type"].startswith("text/html")


def test_correos_may_answer_a_bare_object(simulator: Simulator) -> None:
    number = delivered(simulator, "correos_es")
    simulator.rude("correos_es", "shape")

    assert correos(simulator, number).json()["codEnvio"] == number


def test_correos_has_a_twin_for_contract_customers(simulator: Simulator) -> None:
    url = f"{simulator.url}/correos_es/canonico/eventos_envio_servicio_auth/{delivered(simulator, 'correos_es')}"

    assert requests.get(url, timeout=10).status_code == 401
    assert requests.get(url, auth=("user", "password"), timeout=10).json()[0]["error"]["codError"] == "0"


# GLS


def gls(simulator: Simulator, body: str) -> requests.Response:
    return requests.post(
        f"{simulator.url}/gls_es/b2b.asmx",
        data=body.encode(),
        headers={"Content-Type": "application/soap+xml; charset=utf-8"},
        timeout=10,
    )


def expeditions(answer: requests.Response) -> Any:
    body = xmltodict.parse(answer.content)["soap12:Envelope"]["soap12:Body"]
    return body["GetExpCliResponse"]["GetExpCliResult"]["expediciones"]


def test_gls_tells_states_and_incidents_in_one_list(simulator: Simulator) -> None:
    number = number_for("gls_es", 1)
    simulator.add("gls_es", number, "failed_attempt_then_delivered", reached=SubStatus.FAILED_NOT_HOME)

    expedition = expeditions(gls(simulator, ENVELOPE.format(number=number, uid=GUID)))["exp"]
    lines = expedition["tracking_list"]["tracking"]

    assert expedition["codbar"] == number
    assert (expedition["codestado"], expedition["incidencia"]) == ("91", "AUSENTE")
    assert expedition["FPEntrega"] == "21/05/2026"
    assert [(line["tipo"], line["codigo"]) for line in lines] == [
        ("ESTADO", "-10"),
        ("ESTADO", "16"),
        ("ESTADO", "2"),
        ("ESTADO", "19"),
        ("ESTADO", "3"),
        ("ESTADO", "6"),
        ("INCIDENCIA", "1"),
    ]
    assert lines[-1]["fecha"] == "20/05/2026 12:00:00"


def test_gls_answers_nothing_to_an_unknown_number_or_customer(simulator: Simulator) -> None:
    number, nobody = delivered(simulator, "gls_es"), "00000000-0000-0000-0000-000000000000"

    for body in (
        ENVELOPE.format(number=unknown_number_for("gls_es", 1), uid=GUID),
        ENVELOPE.format(number=number, uid=nobody),
    ):
        answer = gls(simulator, body)
        assert answer.status_code == 200
        assert expeditions(answer) == {"@xmlns": ""}


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<a>",
        "<a/>",
        ENVELOPE.format(number="1", uid="me"),
        '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
        ENVELOPE.replace("GetExpCli", "Other"),
    ],
)
def test_gls_faults_what_it_cannot_read(simulator: Simulator, body: str) -> None:
    answer = gls(simulator, body)

    assert answer.status_code == 500
    assert "soap12:Fault" in xmltodict.parse(answer.content)["soap12:Envelope"]["soap12:Body"]


def test_gls_sends_who_signed_as_a_line_of_its_own(simulator: Simulator) -> None:
    answer = gls(simulator, ENVELOPE.format(number=delivered(simulator, "gls_es"), uid=GUID))

    lines = expeditions(answer)["exp"]["tracking_list"]["tracking"]
    assert [line["tipo"] for line in lines[-2:]] == ["ESTADO", "POD"]


# La Poste


def laposte(simulator: Simulator, *ids: str, key: str = "k") -> requests.Response:
    return get(simulator, f"/laposte/suivi/v2/idships/{','.join(ids)}?lang=fr_FR", **{"X-Okapi-Key": key})


def test_laposte_gives_an_object_for_one_and_a_list_for_several(simulator: Simulator) -> None:
    first, second = delivered(simulator, "laposte", 1), delivered(simulator, "laposte", 2)
    unknown = unknown_number_for("laposte", 1)

    alone, several = laposte(simulator, first), laposte(simulator, first, unknown, second, "AB")

    assert alone.json()["shipment"]["idShip"] == first
    assert [item["returnCode"] for item in several.json()] == [200, 404, 200, 400]
    assert several.status_code == 200


def test_laposte_tells_codes_times_and_marks(simulator: Simulator) -> None:
    shipment = laposte(simulator, delivered(simulator, "laposte")).json()["shipment"]

    assert [event["code"] for event in shipment["event"]] == ["DI1", "MD2", "EP1", "ET1", "ET1", "PC1", "DR1"]
    assert shipment["event"][0]["date"] == "2026-05-20T10:30:00+02:00"
    assert shipment["isFinal"] is True
    assert shipment["deliveryDate"] == shipment["event"][0]["date"]
    assert [mark["status"] for mark in shipment["timeline"]] == [True] * 5
    assert "estimDate" not in shipment


def test_laposte_says_the_day_it_expects_to_deliver(simulator: Simulator) -> None:
    number = number_for("laposte", 3)
    simulator.add("laposte", number, "straight", reached=SubStatus.ON_VEHICLE)

    shipment = laposte(simulator, number).json()["shipment"]

    assert shipment["estimDate"] == "2026-05-20T00:00:00+02:00"
    assert shipment["isFinal"] is False


def test_laposte_mirrors_a_refusal_in_the_status(simulator: Simulator) -> None:
    unknown = unknown_number_for("laposte", 1)

    answers = {401: laposte(simulator, unknown, key="invalid"), 404: laposte(simulator, unknown)}
    answers[400] = laposte(simulator, "AB")
    too_many = laposte(simulator, *[number_for("laposte", seed) for seed in range(11)])
    simulator.rude("laposte", "shape")
    page = laposte(simulator, unknown)

    for status, answer in answers.items():
        assert answer.status_code == answer.json()["returnCode"] == status
    assert too_many.status_code == 400
    assert page.status_code == 404
    assert page.headers["Content-Type"].startswith("text/html")


# 17TRACK


def track17(simulator: Simulator, operation: str, body: Any, key: str = "k") -> requests.Response:
    return requests.post(
        f"{simulator.url}/17track/track/v2.2/{operation}", json=body, headers={"17token": key}, timeout=10
    )


def test_17track_wants_a_number_registered_first(simulator: Simulator, clock: Clock) -> None:
    number = number_for("17track", 1)
    asked = [{"number": number}]

    before = track17(simulator, "gettrackinfo", asked).json()["data"]
    taken = track17(simulator, "register", [{"number": number, "tag": "T-1"}, {"number": "1234567"}]).json()[
        "data"
    ]
    again = track17(simulator, "register", asked).json()["data"]
    fresh = track17(simulator, "gettrackinfo", asked).json()["data"]
    clock.at += timedelta(minutes=6)
    known = track17(simulator, "gettrackinfo", asked).json()["data"]
    strangers = track17(simulator, "gettrackinfo", asked, key="other").json()["data"]

    assert before["rejected"][0]["error"]["code"] == -18019902
    assert taken["accepted"] == [
        {"origin": 1, "number": number, "carrier": 2151, "email": None, "tag": "T-1", "lang": None}
    ]
    assert taken["rejected"][0]["error"]["code"] == -18019903
    assert again["rejected"][0]["error"]["code"] == -18019901
    assert fresh["rejected"][0]["error"]["code"] == -18019909
    assert known["accepted"][0]["tag"] == "T-1"
    assert known["accepted"][0]["track_info"]["latest_status"]["status"] == "InfoReceived"
    assert strangers["rejected"][0]["error"]["code"] == -18019902


def test_17track_says_not_found_of_a_number_nobody_knows(simulator: Simulator, clock: Clock) -> None:
    number = unknown_number_for("17track", 1)
    track17(simulator, "register", [{"number": number}])
    clock.at += timedelta(minutes=6)

    info = track17(simulator, "gettrackinfo", [{"number": number}]).json()["data"]["accepted"][0][
        "track_info"
    ]

    assert info["latest_status"]["sub_status"] == "NotFound_Other"
    assert info["latest_event"] is None
    assert info["tracking"]["providers"][0]["events"] == []


def test_17track_tells_events_with_words_times_and_coordinates(simulator: Simulator) -> None:
    number = number_for("17track", 1)
    simulator.add(
        "17track",
        number,
        "straight",
        reached=SubStatus.ON_VEHICLE,
        origin="São Paulo",
        destination="Porto Alegre",
    )
    track17(simulator, "register", [{"number": number}])

    info = track17(simulator, "gettrackinfo", [{"number": number}]).json()["data"]["accepted"][0][
        "track_info"
    ]
    event = info["tracking"]["providers"][0]["events"][0]

    assert event == info["latest_event"]
    assert event["sub_status"] == "OutForDelivery_Other"
    assert event["time_iso"] == "2026-05-20T07:00:00-03:00"
    assert event["time_utc"] == "2026-05-20T10:00:00Z"
    assert event["description"] == "Objeto saiu para entrega ao destinatário"
    assert event["address"]["coordinates"] == {"longitude": -51.2177, "latitude": -30.0346}
    promise = info["time_metrics"]["estimated_delivery_date"]
    assert (promise["source"], promise["from"][:10]) == ("Official", "2026-05-20")
    simulator.rude("17track", "missing_zone")
    info = track17(simulator, "gettrackinfo", [{"number": number}]).json()["data"]["accepted"][0][
        "track_info"
    ]
    assert info["latest_event"]["time_utc"] is None
    assert info["latest_event"]["time_raw"] == {"date": "2026-05-20", "time": "07:00:00", "timezone": None}


def test_17track_turns_down_keys_and_lists_it_cannot_take(simulator: Simulator) -> None:
    numbers = [{"number": number_for("17track", seed)} for seed in range(41)]

    bad_key = track17(simulator, "gettrackinfo", numbers[:1], key="invalid")
    too_many = track17(simulator, "register", numbers).json()["data"]
    no_list = track17(simulator, "register", {"number": "x"}).json()["data"]

    assert bad_key.status_code == 401
    assert bad_key.json()["data"]["errors"][0]["code"] == -18010002
    assert too_many["errors"][0]["code"] == -18010013
    assert no_list["errors"][0]["code"] == -18010013
    assert track17(simulator, "register", numbers[:40]).json()["data"]["rejected"] == []
    assert track17(simulator, "nothing", []).status_code == 404
    quota = track17(simulator, "getquota", []).json()["data"]
    assert quota["quota_used"] == 40


def test_17track_stops_and_takes_up_a_number_once(simulator: Simulator) -> None:
    asked = [{"number": number_for("17track", 1)}]
    track17(simulator, "register", asked)

    def accepted(operation: str) -> int:
        return len(track17(simulator, operation, asked).json()["data"]["accepted"])

    assert accepted("retrack") == 0  # it has not been stopped
    assert accepted("stoptrack") == 1
    assert accepted("retrack") == 1
    assert accepted("stoptrack") == 1
    assert accepted("retrack") == 0
    assert accepted("deletetrack") == 1
    assert accepted("gettrackinfo") == 0
