"""MRW's tracking service, as its server speaks: SOAP, a short range of numbers a call, the clock to the minute."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from carriers.simulator.networks.mrw import is_own
from carriers.simulator.parcels import Quirk, Told, View
from carriers.simulator.wire import soap
from carriers.simulator.wire.contract import Ask, Line, Reply, Wire, html_reply, is_refused
from carriers.simulator.world import World
from carriers.types import Json, Status, SubStatus

S = SubStatus
MADRID = ZoneInfo("Europe/Madrid")
PATH = "/TrackingService.svc"
SPANISH, PORTUGUESE = "3082", "2070"
FOUND = "Busqueda correcta por Número de Albarán."
NOT_FOUND = "No se encontraron resultados"
REFUSED = "Usuario o contraseña incorrectos"
MOST = 20  # numbers from one end of the range to the other
_ON_ITS_WAY = (S.IN_TRANSIT, S.UNMAPPED_IN_TRANSIT)
_IN_TROUBLE = (S.EXCEPTION_UNSPECIFIED, S.UNMAPPED_EXCEPTION)

# Of MRW's codes only 00 is known for certain. The others are ours: only their words say what they mean.
LINES: dict[SubStatus, Line] = {
    S.LABEL_CREATED: Line("01", "ENVIO GRABADO", (S.UNMAPPED_INFO_RECEIVED, S.UNMAPPED_PENDING)),
    S.PICKED_UP: Line("10", "RECOGIDO", _ON_ITS_WAY),
    S.DEPARTED_FACILITY: Line("17", "EN TRANSITO", _ON_ITS_WAY),
    S.IN_SORTING: Line("18", "EN PLATAFORMA DE CLASIFICACION", (*_ON_ITS_WAY, S.ARRIVED_FACILITY)),
    S.AT_DELIVERY_DEPOT: Line("19", "EN FRANQUICIA DE DESTINO", (*_ON_ITS_WAY, S.ARRIVED_FACILITY)),
    S.DEPARTED_COUNTRY: Line("17", "EN TRANSITO", (*_ON_ITS_WAY, S.DEPARTED_FACILITY)),
    S.ARRIVED_COUNTRY: Line(
        "18", "EN PLATAFORMA DE CLASIFICACION", (*_ON_ITS_WAY, S.ARRIVED_FACILITY, S.IN_SORTING)
    ),
    S.CUSTOMS_PROCESSING: Line("30", "EN TRAMITE DE ADUANA"),
    S.CUSTOMS_INFO_REQUIRED: Line(
        "31", "RETENIDO EN ADUANA: FALTA DOCUMENTACION", (S.EXCEPTION_HELD, S.DELAYED_CUSTOMS)
    ),
    S.CUSTOMS_CLEARED: Line("32", "DESPACHADO DE ADUANA"),
    S.ON_VEHICLE: Line("57", "EN REPARTO"),
    S.FAILED_NOT_HOME: Line("12", "AUSENTE"),
    S.PICKUP_POINT: Line("60", "A DISPOSICION EN PUNTO DE RECOGIDA", (S.PICKUP_STORE,)),
    S.DELIVERED: Line("00", "ENTREGADO"),
    S.DELIVERED_COLLECTED: Line("00", "ENTREGADO", (S.DELIVERED,)),
    S.EXCEPTION_PICKUP_MISSED: Line("61", "NO RECOGIDO EN PLAZO", _IN_TROUBLE),
    S.RETURNING: Line("70", "EN DEVOLUCION"),
    S.RETURNED: Line("71", "DEVUELTO AL REMITENTE"),
    S.DELAYED_WEATHER: Line("40", "RETRASO POR CAUSAS METEOROLOGICAS", (S.DELAYED_OPERATIONS,)),
    S.DELAYED_OPERATIONS: Line("41", "RETRASO EN RUTA", (S.DELAYED_EXTERNAL,)),
    S.EXCEPTION_INVESTIGATION: Line("50", "EN BUSQUEDA", _IN_TROUBLE),
    S.EXCEPTION_LOST: Line("51", "ENVIO DADO POR PERDIDO", (*_IN_TROUBLE, S.EXCEPTION_INVESTIGATION)),
    S.EXCEPTION_DAMAGED: Line("52", "MERCANCIA DETERIORADA", _IN_TROUBLE),
    S.EXCEPTION_REFUSED: Line("13", "REHUSADO POR EL DESTINATARIO", (S.FAILED_REFUSED,)),
}


def answer(ask: Ask, world: World) -> Reply:
    if ask.path != PATH or ask.method != "POST":
        return html_reply(404, "404", "The resource cannot be found.")
    call = soap.values(ask.body, "Body", "GetEnvios")
    if call is None:
        return soap.fault("The message cannot be processed at the receiver.", code="s:Client")
    if is_refused(call.get("login", "")) or is_refused(call.get("pass", "")):
        return _result(REFUSED, [])
    if call.get("codigoIdioma") not in (SPANISH, PORTUGUESE) or call.get("tipoFiltro") != "0":
        return _result("Parametros incorrectos", [])
    views = [world.view("mrw", number, ask.quirks) for number in _range(call)]
    found = [view for view in views if view is not None]
    # Detailed, it tells the history; else only how things stand.
    is_detailed = call.get("tipoInformacion") == "1"
    lines = [_line(told, view) for view in found for told in (view.scans if is_detailed else (view.latest,))]
    return _result(FOUND if found else NOT_FOUND, lines, is_flat=ask.has(Quirk.SHAPE))


def refuse(status: int) -> Reply:
    if status == 500:
        return soap.fault("The server was unable to process the request due to an internal error.")
    return html_reply(status, str(status), "Server is too busy.")


def _range(call: dict[str, str]) -> list[str]:
    first = call.get("valorFiltroDesde", "")
    last = call.get("valorFiltroHasta", "") or first
    if not is_own(first) or not is_own(last):
        return []
    return [f"{number:012}" for number in range(int(first), min(int(last), int(first) + MOST) + 1)]


def _result(message: str, lines: list[Json], *, is_flat: bool = False) -> Reply:
    """Some clients get the lines without the levels of the account around them."""
    held: Json = {"Seguimiento": lines} if lines else None
    if lines and not is_flat:
        held = {"Abonado": {"SeguimientoAbonado": held}}
    result = {
        "GetEnviosResponse": {
            "@xmlns": "http://tempuri.org/",
            "GetEnviosResult": {"MensajeSeguimiento": message, "Seguimiento": held},
        }
    }
    return soap.envelope(soap.element(result))


def _line(told: Told, view: View) -> Json:
    line, at = LINES[told.kind], told.at.astimezone(MADRID)
    is_delivered = told.kind.status is Status.DELIVERED
    attempts = [one for one in view.scans if one.kind.status in (Status.FAILED_ATTEMPT, Status.DELIVERED)]
    return {
        "NumAlbaran": view.parcel.number,
        "Estado": line.code,
        "EstadoDescripcion": line.text,
        "FechaEntrega": f"{at:%d%m%Y}",
        "HoraEntrega": f"{at:%H%M}",
        "PersonaEntrega": "NURIA VIDAL" if is_delivered else "",
        "Intentos": str(sum(one.at <= told.at for one in attempts)),
        "NumBultos": "1",
    }


def _account(ask: Ask) -> str:
    call = soap.values(ask.body, "Body", "GetEnvios") if ask.method == "POST" else None
    return (call or {}).get("login", "")


WIRE = Wire(code="mrw", name="MRW", lines=LINES, answer=answer, refuse=refuse, account=_account)
