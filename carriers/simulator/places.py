"""Towns parcels pass through: where they are, what time it is there, which hub serves them."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Place:
    name: str
    country: str  # ISO 3166-1 alpha-2
    postal_code: str
    lat: float
    lon: float
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class Route:
    """From where, through which sorting centre, to where."""

    origin: Place
    hub: Place
    destination: Place


class UnknownPlaceError(ValueError):
    """A town that is not in the list."""


ZONES = {
    "AD": "Europe/Andorra",
    "BR": "America/Sao_Paulo",
    "CN": "Asia/Shanghai",
    "DE": "Europe/Berlin",
    "ES": "Europe/Madrid",
    "FR": "Europe/Paris",
    "GB": "Europe/London",
    "IT": "Europe/Rome",
    "PT": "Europe/Lisbon",
}

_TOWNS = (
    ("Andorra la Vella", "AD", "AD500", 42.5063, 1.5218),
    ("Alicante", "ES", "03001", 38.3452, -0.4810),
    ("Barcelona", "ES", "08001", 41.3874, 2.1686),
    ("Bilbao", "ES", "48001", 43.2630, -2.9350),
    ("A Coruña", "ES", "15001", 43.3623, -8.4115),
    ("Madrid", "ES", "28001", 40.4168, -3.7038),
    ("Málaga", "ES", "29001", 36.7213, -4.4214),
    ("Murcia", "ES", "30001", 37.9922, -1.1307),
    ("Sevilla", "ES", "41001", 37.3891, -5.9845),
    ("Valencia", "ES", "46001", 39.4699, -0.3763),
    ("Valladolid", "ES", "47001", 41.6523, -4.7245),
    ("Vitoria-Gasteiz", "ES", "01001", 42.8467, -2.6716),
    ("Zaragoza", "ES", "50001", 41.6488, -0.8891),
    ("Bordeaux", "FR", "33000", 44.8378, -0.5792),
    ("Gennevilliers", "FR", "92230", 48.9254, 2.2943),
    ("Lille", "FR", "59000", 50.6292, 3.0573),
    ("Lyon", "FR", "69001", 45.7640, 4.8357),
    ("Marseille", "FR", "13001", 43.2965, 5.3698),
    ("Nantes", "FR", "44000", 47.2184, -1.5536),
    ("Paris", "FR", "75001", 48.8566, 2.3522),
    ("Rennes", "FR", "35000", 48.1173, -1.6778),
    ("Toulouse", "FR", "31000", 43.6047, 1.4442),
    ("Belo Horizonte", "BR", "30110-001", -19.9167, -43.9345),
    ("Cajamar", "BR", "07750-000", -23.3560, -46.8769),
    ("Curitiba", "BR", "80010-000", -25.4284, -49.2733),
    ("Florianópolis", "BR", "88010-000", -27.5954, -48.5480),
    ("Porto Alegre", "BR", "90010-000", -30.0346, -51.2177),
    ("Rio de Janeiro", "BR", "20010-000", -22.9068, -43.1729),
    ("São Paulo", "BR", "01001-000", -23.5505, -46.6333),
    ("Shenzhen", "CN", "518000", 22.5431, 114.0579),
    ("Berlin", "DE", "10115", 52.5200, 13.4050),
    ("Köln", "DE", "50667", 50.9375, 6.9603),
    ("Leipzig", "DE", "04435", 51.3397, 12.3731),
    ("London", "GB", "EC1A 1BB", 51.5074, -0.1278),
    ("Milano", "IT", "20121", 45.4642, 9.1900),
    ("Roma", "IT", "00118", 41.9028, 12.4964),
    ("Lisboa", "PT", "1100-148", 38.7223, -9.1393),
    ("Porto", "PT", "4000-001", 41.1579, -8.6291),
)
PLACES: dict[str, Place] = {
    name: Place(name, country, postal_code, lat, lon, ZoneInfo(ZONES[country]))
    for name, country, postal_code, lat, lon in _TOWNS
}

# Where each carrier's parcels usually go, origin to destination.
ROUTES: dict[str, tuple[tuple[str, str], ...]] = {
    "dhl": (("Valencia", "Madrid"), ("Berlin", "Valencia"), ("Lyon", "Barcelona"), ("Milano", "Paris")),
    "ups": (("Valencia", "Lisboa"), ("Lyon", "Paris"), ("Madrid", "Roma"), ("Barcelona", "Bordeaux")),
    "correos_es": (("Valencia", "Madrid"), ("Valencia", "Sevilla"), ("Madrid", "A Coruña")),
    "gls_es": (("Valencia", "Zaragoza"), ("Valencia", "Málaga"), ("Barcelona", "Bilbao")),
    "laposte": (("Lyon", "Paris"), ("Lyon", "Marseille"), ("Lyon", "Nantes"), ("Paris", "Toulouse")),
    "17track": (
        ("São Paulo", "Porto Alegre"),
        ("São Paulo", "Rio de Janeiro"),
        ("São Paulo", "Florianópolis"),
        ("São Paulo", "Belo Horizonte"),
    ),
}
# Where they come from when a customs border lies between.
ROUTES_ABROAD: dict[str, tuple[str, str]] = {
    "dhl": ("Shenzhen", "Madrid"),
    "ups": ("London", "Madrid"),
    "correos_es": ("Andorra la Vella", "Barcelona"),
    "gls_es": ("Andorra la Vella", "Valencia"),
    "laposte": ("London", "Lyon"),
    "17track": ("Shenzhen", "Porto Alegre"),
}
# The sorting centre: by carrier for parcels that cross borders, else by country.
_HUBS_ABROAD = {"dhl": "Leipzig", "ups": "Köln", "17track": "Curitiba"}
_HUBS = {
    "ES": ("Zaragoza", "Vitoria-Gasteiz"),
    "FR": ("Gennevilliers", "Lyon"),
    "BR": ("Cajamar", "Curitiba"),
    "DE": ("Leipzig", "Köln"),
    "IT": ("Milano", "Roma"),
    "PT": ("Lisboa", "Porto"),
    "GB": ("London", "London"),
    "CN": ("Shenzhen", "Shenzhen"),
    "AD": ("Barcelona", "Zaragoza"),
}


def place(name: str) -> Place:
    """The town of that name. Raises UnknownPlaceError, which lists the towns there are."""
    try:
        return PLACES[name]
    except KeyError:
        known = ", ".join(sorted(PLACES))
        raise UnknownPlaceError(f"There is no town {name!r}. Use one of: {known}.") from None


def route_between(carrier: str, origin: str, destination: str) -> Route:
    start, end = place(origin), place(destination)
    if start.country != end.country and carrier in _HUBS_ABROAD:
        return Route(start, place(_HUBS_ABROAD[carrier]), end)
    first, second = _HUBS[end.country]
    return Route(start, place(second if first in (origin, destination) else first), end)
