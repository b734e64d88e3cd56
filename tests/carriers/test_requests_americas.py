"""How Correios of Brazil is signed in to and asked, and Estafeta asked: what no recorded answer shows."""

from __future__ import annotations

import base64
import json

import pytest

from carriers.adapters import correios_br, estafeta
from carriers.types import AuthError, BadResponseError, Json, Query, Reply, TransientError

SECRETS = {"username": "loja", "access_code": "código", "posting_card": " 0072345678 "}


def reply(payload: Json, status: int = 201) -> Reply:
    return Reply(json.dumps(payload).encode(), status)


def test_correios_is_signed_in_to_by_its_posting_card() -> None:
    request = correios_br.login(SECRETS)

    assert (request.method, request.url) == (
        "POST",
        "https://api.correios.com.br/token/v1/autentica/cartaopostagem",
    )
    scheme, _, pair = request.headers["Authorization"].partition(" ")
    assert (scheme, base64.b64decode(pair).decode()) == ("Basic", "loja:código")
    assert json.loads(request.body or b"") == {"numero": "0072345678"}


@pytest.mark.parametrize(
    ("issued", "ends", "lasts_s"),
    [
        ("2026-05-06T08:00:00", "2026-05-07T08:00:00", 86_400),
        ("2026-05-06T08:00:00", "2026-05-06T09:30:00", 5_400),
        ("2026-05-06T08:00:00", "2026-05-06T07:00:00", 86_400),  # ends before it begins
        ("", "2026-05-07T08:00:00", 86_400),
    ],
)
def test_a_token_of_correios_lasts_as_long_as_it_says_or_a_day(
    issued: str, ends: str, lasts_s: float
) -> None:
    token = correios_br.token(reply({"token": "eyJ", "emissao": issued, "expiraEm": ends}))

    assert token == ("eyJ", lasts_s)


def test_refused_credentials_are_told_from_a_service_that_is_down() -> None:
    for status in (400, 401, 403):
        with pytest.raises(AuthError):
            correios_br.token(reply({"msgs": ["GTW-002: Acesso negado."]}, status))
    with pytest.raises(TransientError):
        correios_br.token(Reply(b"<html>", 503))
    with pytest.raises(BadResponseError):
        correios_br.token(reply({"ambiente": "PRODUCAO"}))


def test_correios_is_asked_for_fifty_at_once_in_a_language_it_knows() -> None:
    numbers = [f"QB{serial:08}0BR" for serial in range(50)]

    request = correios_br.build([Query(number, language="es-MX") for number in numbers], {})

    assert request.params["codigosObjetos"] == ",".join(numbers)
    assert request.headers["Accept-Language"] == "es-ES"
    assert correios_br.build([Query(numbers[0], language="fr")], {}).headers["Accept-Language"] == "pt-BR"


@pytest.mark.parametrize(("number", "kind"), [("3015098765432610123456", "G"), ("7403918265", "R")])
def test_estafeta_is_told_which_of_its_two_numbers_it_gets(number: str, kind: str) -> None:
    secrets = {"subscriber_id": "25", "login": "shop", "password": "a<b&c"}

    body = (estafeta.build([Query(f" {number} ")], secrets).body or b"").decode()

    assert f"<waybillType>{kind}</waybillType><waybills><string>{number}</string>" in body
    assert "<password>a&lt;b&amp;c</password>" in body
