"""Towns parcels pass through: where they are, what time it is there, which hub serves them."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from carriers.simulator.networks.registry import NETWORKS


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
    "AU": "Australia/Sydney",
    "BE": "Europe/Brussels",
    "BR": "America/Sao_Paulo",
    "CA": "America/Toronto",
    "CN": "Asia/Shanghai",
    "DE": "Europe/Berlin",
    "ES": "Europe/Madrid",
    "FR": "Europe/Paris",
    "GB": "Europe/London",
    "IT": "Europe/Rome",
    "MX": "America/Mexico_City",
    "NL": "Europe/Amsterdam",
    "PL": "Europe/Warsaw",
    "PT": "Europe/Lisbon",
    "US": "America/New_York",
}
# Towns whose clock is not their country's.
_OWN_ZONES = {
    "Brisbane": "Australia/Brisbane",
    "Chicago": "America/Chicago",
    "Las Palmas": "Atlantic/Canary",
    "Los Angeles": "America/Los_Angeles",
    "Memphis": "America/Chicago",
    "Ponta Delgada": "Atlantic/Azores",
    "Vancouver": "America/Vancouver",
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
    ("Las Palmas", "ES", "35001", 28.1235, -15.4363),
    ("Ponta Delgada", "PT", "9500-001", 37.7394, -25.6687),
    ("Frankfurt", "DE", "60311", 50.1109, 8.6821),
    ("Hamburg", "DE", "20095", 53.5511, 9.9937),
    ("München", "DE", "80331", 48.1351, 11.5820),
    ("Birmingham", "GB", "B1 1AA", 52.4862, -1.8904),
    ("Manchester", "GB", "M1 1AE", 53.4808, -2.2426),
    ("Bologna", "IT", "40121", 44.4949, 11.3426),
    ("Napoli", "IT", "80121", 40.8518, 14.2681),
    ("Torino", "IT", "10121", 45.0703, 7.6869),
    ("Amsterdam", "NL", "1012 AB", 52.3676, 4.9041),
    ("Rotterdam", "NL", "3011 AA", 51.9244, 4.4777),
    ("Utrecht", "NL", "3511 AA", 52.0907, 5.1214),
    ("Antwerpen", "BE", "2000", 51.2194, 4.4025),
    ("Bruxelles", "BE", "1000", 50.8503, 4.3517),
    ("Liège", "BE", "4000", 50.6326, 5.5797),
    ("Kraków", "PL", "30-001", 50.0647, 19.9450),
    ("Łódź", "PL", "90-001", 51.7592, 19.4560),
    ("Poznań", "PL", "60-001", 52.4064, 16.9252),
    ("Warszawa", "PL", "00-001", 52.2297, 21.0122),
    ("Ciudad de México", "MX", "06000", 19.4326, -99.1332),
    ("Guadalajara", "MX", "44100", 20.6597, -103.3496),
    ("Monterrey", "MX", "64000", 25.6866, -100.3161),
    ("Chicago", "US", "60601", 41.8781, -87.6298),
    ("Los Angeles", "US", "90001", 34.0522, -118.2437),
    ("Memphis", "US", "38103", 35.1495, -90.0490),
    ("New York", "US", "10001", 40.7128, -74.0060),
    ("Montréal", "CA", "H2Y 1C6", 45.5019, -73.5674),
    ("Toronto", "CA", "M5H 2N2", 43.6532, -79.3832),
    ("Vancouver", "CA", "V6B 1A1", 49.2827, -123.1207),
    ("Brisbane", "AU", "4000", -27.4698, 153.0251),
    ("Melbourne", "AU", "3000", -37.8136, 144.9631),
    ("Sydney", "AU", "2000", -33.8688, 151.2093),
)
PLACES: dict[str, Place] = {
    name: Place(name, country, postal_code, lat, lon, ZoneInfo(_OWN_ZONES.get(name, ZONES[country])))
    for name, country, postal_code, lat, lon in _TOWNS
}

# The sorting centre, by country; the second where the first is an end of the route itself.
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
    "AU": ("Melbourne", "Sydney"),
    "BE": ("Liège", "Bruxelles"),
    "CA": ("Toronto", "Montréal"),
    "MX": ("Ciudad de México", "Guadalajara"),
    "NL": ("Utrecht", "Rotterdam"),
    "PL": ("Łódź", "Poznań"),
    "US": ("Memphis", "Chicago"),
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
    hub_abroad = NETWORKS[carrier].hub_abroad
    if start.country != end.country and hub_abroad:
        return Route(start, place(hub_abroad), end)
    first, second = _HUBS[end.country]
    return Route(start, place(second if first in (origin, destination) else first), end)
