"""Correios (Brazil) SRO Rastro v1, as its server speaks: a token first, fifty objects a call, Brasília's clock."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta, timezone

from carriers.simulator.parcels import Quirk, Told, View
from carriers.simulator.places import Place
from carriers.simulator.wire import tokens
from carriers.simulator.wire.contract import Ask, Line, Reply, Wire, basic_auth, is_refused, json_reply
from carriers.simulator.world import World
from carriers.types import Json, Status, SubStatus

S = SubStatus
TOKEN_PATH = "/token/v1/autentica"  # noqa: S105  a path, not a secret
OBJECTS_PATH = "/srorastro/v1/objetos"
TOKEN_LIFETIME_S = 24 * 3600
PER_CALL = 50
LANGUAGES = {"pt-BR", "en", "es-ES"}
BRASILIA = timezone(timedelta(hours=-3))  # all year round, and whatever the clock of the place
RESULTS = {"T": "Todos os Eventos", "U": "Último Evento", "P": "Primeiro Evento"}
_CODE = re.compile(r"[A-Z]{2}\d{9}[A-Z]{2}")
_STATES = {
    "Belo Horizonte": "MG",
    "Cajamar": "SP",
    "Curitiba": "PR",
    "Florianópolis": "SC",
    "Porto Alegre": "RS",
    "Rio de Janeiro": "RJ",
    "São Paulo": "SP",
}
_MESSAGES = {
    401: "GTW-002: Credenciais inválidas",
    403: "GTW-006: Token inválido ou expirado",
    429: "GTW-016: Limite de requisições excedido",
    500: "GTW-999: Serviço indisponível, tente novamente",
}

_MOVING = (S.IN_TRANSIT, S.DEPARTED_FACILITY)
# Code: the event's letters and its number; the text: what is told, a bar, its detail.
LINES: dict[SubStatus, Line] = {
    S.LABEL_CREATED: Line("CO 02", "Coleta solicitada", (S.PICKUP_SCHEDULED, S.NOT_COLLECTED)),
    S.PICKED_UP: Line("PO 01", "Objeto postado", (S.IN_TRANSIT,)),
    S.DEPARTED_FACILITY: Line("RO 01", "Objeto em transferência - por favor aguarde", (S.IN_TRANSIT,)),
    S.IN_SORTING: Line("DO 01", "Objeto em transferência - por favor aguarde", _MOVING),
    S.AT_DELIVERY_DEPOT: Line("RO 01", "Objeto em transferência - por favor aguarde", _MOVING),
    S.DEPARTED_COUNTRY: Line("DO 01", "Objeto em transferência - por favor aguarde", _MOVING),
    S.ARRIVED_COUNTRY: Line(
        "PAR 16", "Objeto recebido pelos Correios do Brasil", (S.IN_TRANSIT, S.CUSTOMS_PROCESSING)
    ),
    S.CUSTOMS_PROCESSING: Line("PAR 21", "Encaminhado para fiscalização aduaneira"),
    S.CUSTOMS_INFO_REQUIRED: Line(
        "PAR 11",
        "Faltam informações. Sua ação é necessária|Acesse o ambiente Minhas Importações",
        (S.EXCEPTION_PAYMENT, S.EXCEPTION_HELD, S.DELAYED_CUSTOMS),
    ),
    S.CUSTOMS_CLEARED: Line("PAR 10", "Fiscalização aduaneira finalizada"),
    S.ON_VEHICLE: Line("OEC 01", "Objeto saiu para entrega ao destinatário"),
    S.FAILED_NOT_HOME: Line(
        "BDE 20",
        "Carteiro não atendido - Entrega não realizada|Aguarde: será realizada uma nova tentativa de entrega",
    ),
    S.PICKUP_POINT: Line(
        "LDI 01",
        "Objeto aguardando retirada no endereço indicado|Para retirá-lo, é preciso informar o código do objeto",
        (S.PICKUP_DEPOT, S.PICKUP_STORE),
    ),
    S.DELIVERED: Line("BDE 01", "Objeto entregue ao destinatário"),
    S.DELIVERED_COLLECTED: Line("BDI 01", "Objeto entregue ao destinatário", (S.DELIVERED,)),
    S.EXCEPTION_PICKUP_MISSED: Line(
        "BDI 26",
        "Destinatário não retirou o objeto|Objeto em devolução ao remetente",
        (S.RETURNING,),
    ),
    S.RETURNING: Line("OEC 09", "Objeto saiu para entrega ao remetente"),
    S.RETURNED: Line("BDE 23", "Objeto devolvido ao remetente"),
    S.DELAYED_WEATHER: Line(
        "BDE 69",
        "Objeto com atraso na entrega|Devido às condições climáticas",
        (S.DELAYED_OPERATIONS, S.DELAYED_EXTERNAL),
    ),
    S.DELAYED_OPERATIONS: Line("BDE 69", "Objeto com atraso na entrega", (S.DELAYED_EXTERNAL,)),
    S.EXCEPTION_INVESTIGATION: Line(
        "BDE 80", "Objeto não localizado no fluxo postal", (S.EXCEPTION_LOST, S.EXCEPTION_UNSPECIFIED)
    ),
    S.EXCEPTION_LOST: Line("BDE 09", "Objeto extraviado"),
    S.EXCEPTION_DAMAGED: Line("BDE 28", "Objeto e/ou conteúdo avariado"),
    S.EXCEPTION_REFUSED: Line("BDE 04", "Cliente recusou-se a receber o objeto", (S.FAILED_REFUSED,)),
}
_AT_A_COUNTER = frozenset({S.PICKED_UP, S.PICKUP_POINT, S.DELIVERED_COLLECTED, S.EXCEPTION_PICKUP_MISSED})
_IN_BETWEEN = frozenset({S.DEPARTED_FACILITY, S.IN_SORTING, S.ARRIVED_COUNTRY})


def answer(ask: Ask, world: World) -> Reply:
    if ask.path.startswith(TOKEN_PATH) and ask.method == "POST":
        return _token(ask, world.now())
    if not ask.path.startswith(OBJECTS_PATH) or ask.method != "GET":
        return _problem(404, "Recurso não encontrado", ask)
    if not tokens.is_good(tokens.bearer(ask), world.now()):
        return _problem(403, _MESSAGES[403], ask)
    if ask.headers.get("accept-language") not in LANGUAGES:
        return _problem(400, "SRO-018: O idioma informado é inválido", ask)
    codes = _codes(ask)
    if not 0 < len(codes) <= PER_CALL:
        return _problem(400, f"SRO-009: Informe de 1 a {PER_CALL} objetos", ask)
    result = ask.query.get("resultado", "T")
    payload = {
        "versao": "3.0.0",
        "quantidade": len(codes),
        "objetos": [_object(code, result, ask, world) for code in codes],
        "tipoResultado": RESULTS.get(result, RESULTS["T"]),
    }
    return json_reply(payload)


def refuse(status: int) -> Reply:
    return _problem(status, _MESSAGES.get(status, _MESSAGES[500]), None)


def _problem(status: int, message: str, ask: Ask | None) -> Reply:
    refusal = {
        "msgs": [message],
        "date": datetime.now(UTC).astimezone(BRASILIA).strftime("%Y-%m-%dT%H:%M:%S"),
        "method": ask.method if ask else "GET",
        "path": ask.path if ask else OBJECTS_PATH,
    }
    return json_reply(refusal, status)


def _codes(ask: Ask) -> list[str]:
    one = ask.path.removeprefix(OBJECTS_PATH).strip("/")
    return [one] if one else [code for code in ask.query.get("codigosObjetos", "").split(",") if code]


# --- The token ---


def _token(ask: Ask, now: datetime) -> Reply:
    """Of a posting card, whose number the body names; the user's password is an access code."""
    user, access_code = basic_auth(ask)
    if is_refused(user) or is_refused(access_code):
        return _problem(401, _MESSAGES[401], ask)
    card = _card(ask.body)
    if ask.path.endswith("/cartaopostagem") and not card:
        return _problem(400, "GTW-010: O número do cartão de postagem deve ser informado", ask)
    local = now.astimezone(BRASILIA)
    payload = {
        "ambiente": "PRODUCAO",
        "id": user,
        "ip": "203.0.113.10",
        "perfil": "PJ",
        "cnpj": "00000000000000",
        "cartaoPostagem": {"numero": card, "contrato": "0000000000", "dr": 74, "api": [27, 34, 41]},
        "emissao": f"{local:%Y-%m-%dT%H:%M:%S}",
        "expiraEm": f"{local + timedelta(seconds=TOKEN_LIFETIME_S):%Y-%m-%dT%H:%M:%S}",
        "zoneOffset": "-03:00",
        "token": tokens.issued(now, TOKEN_LIFETIME_S),
    }
    return json_reply(payload, 201)


def _card(body: bytes) -> str:
    try:
        said = json.loads(body)
    except ValueError:
        return ""
    return str(said.get("numero") or "") if isinstance(said, dict) else ""


# --- Objects ---


def _object(code: str, result: str, ask: Ask, world: World) -> Json:
    if not _CODE.fullmatch(code):
        return {"codObjeto": code, "mensagem": "SRO-019: Objeto inválido"}
    view = world.view("correios_br", code, ask.quirks)
    if view is None:
        return {
            "codObjeto": code,
            "mensagem": "SRO-020: Objeto não encontrado na base de dados dos Correios.",
        }
    told = {"U": view.newest_first[:1], "P": view.scans[:1]}.get(result, view.newest_first)
    bare = {"codObjeto": code, "eventos": [_event(one, view) for one in told]}
    if ask.has(Quirk.SHAPE):
        return bare
    eta = {"dtPrevista": f"{view.eta.astimezone(BRASILIA):%Y-%m-%d}T23:59:59"} if view.eta else {}
    return {
        "codObjeto": code,
        "tipoPostal": {"sigla": code[:2], "descricao": "SEDEX", "categoria": "ENCOMENDA SEDEX"},
        **eta,
        "contrato": "0000000000",
        "largura": 20,
        "comprimento": 30,
        "altura": 10,
        "peso": 0.9,
        "formato": "Pacote",
        "modalidade": "F",
        "eventos": bare["eventos"],
    }


def _event(told: Told, view: View) -> Json:
    line = LINES[told.kind]
    code, number = line.code.split()
    said, _, detail = line.text.partition("|")
    event = {
        "codigo": code,
        "tipo": number,
        "dtHrCriado": f"{told.at.astimezone(BRASILIA):%Y-%m-%dT%H:%M:%S}",
        "descricao": said,
        "unidade": _unit(told.kind, told.place),
    }
    if detail:
        event["detalhe"] = detail
    if code in ("RO", "DO"):
        event["unidadeDestino"] = _unit(S.ON_VEHICLE, view.parcel.route.destination)
    return event


def _unit(kind: SubStatus, place: Place) -> Json:
    if place.country != "BR":
        return {"tipo": "País", "nome": place.name.upper(), "endereco": {}}
    name = "Agência dos Correios"
    if kind not in _AT_A_COUNTER:
        name = "Unidade de Tratamento" if kind in _IN_BETWEEN else "Unidade de Distribuição"
    if kind.status is Status.INFO_RECEIVED:
        name = "Unidade de Coleta"
    return {"tipo": name, "endereco": {"cidade": place.name.upper(), "uf": _STATES.get(place.name, "SP")}}


WIRE = Wire(
    code="correios_br",
    name="Correios (Brasil)",
    lines=LINES,
    answer=answer,
    refuse=refuse,
    account=tokens.bearer,
)
