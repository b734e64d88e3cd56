"""Which clock hangs where: the time zone of a place, and what a time written without offset means there."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from importlib import resources
from zoneinfo import ZoneInfo

from carriers.types import ZoneSource

# Countries with clocks that differ, by the start of the postal code; the longest start wins and "" is where
# most people live. https://en.wikipedia.org/wiki/Postal_code, zones by https://www.iana.org/time-zones
_BY_POSTAL_CODE: dict[str, dict[str, str]] = {
    "ES": {"": "Europe/Madrid", "35": "Atlantic/Canary", "38": "Atlantic/Canary"},
    "PT": {"": "Europe/Lisbon"}
    | {str(start): "Atlantic/Madeira" for start in range(90, 95)}
    | {str(start): "Atlantic/Azores" for start in range(95, 100)},
    "FR": {
        "": "Europe/Paris",
        "971": "America/Guadeloupe",
        "972": "America/Martinique",
        "973": "America/Cayenne",
        "974": "Indian/Reunion",
        "975": "America/Miquelon",
        "976": "Indian/Mayotte",
        "986": "Pacific/Wallis",
        "987": "Pacific/Tahiti",
        "988": "Pacific/Noumea",
    },
    "BR": {
        "": "America/Sao_Paulo",
        "53990": "America/Noronha",
        "69": "America/Manaus",
        "693": "America/Boa_Vista",
        "699": "America/Rio_Branco",
        "768": "America/Porto_Velho",
        "769": "America/Porto_Velho",
        "78": "America/Cuiaba",
        "79": "America/Campo_Grande",
    },
    "US": {"": "America/New_York"}
    | dict.fromkeys(["35", "36", "370", "371", "372", "38", "39"], "America/Chicago")
    | dict.fromkeys(["5", "6", "7", "463", "464", "476", "477", "420", "421"], "America/Chicago")
    | dict.fromkeys(["59", "577", "691", "693", "798", "799", "8"], "America/Denver")
    | dict.fromkeys(["85", "86"], "America/Phoenix")
    | dict.fromkeys(["889", "89", "9", "835", "838"], "America/Los_Angeles")
    | dict.fromkeys(["967", "968"], "Pacific/Honolulu")
    | dict.fromkeys(["995", "996", "997", "998", "999"], "America/Anchorage")
    | {"969": "Pacific/Guam", "006": "America/Puerto_Rico", "007": "America/Puerto_Rico"}
    | {"008": "America/St_Thomas", "009": "America/Puerto_Rico"},
    "CA": {"": "America/Toronto", "A": "America/St_Johns", "R": "America/Winnipeg", "S": "America/Regina"}
    | dict.fromkeys("BCE", "America/Halifax")
    | {"T": "America/Edmonton", "X": "America/Edmonton", "V": "America/Vancouver", "Y": "America/Whitehorse"},
    "MX": {"": "America/Mexico_City", "21": "America/Tijuana", "22": "America/Tijuana"}
    | {"23": "America/Mazatlan", "77": "America/Cancun", "80": "America/Mazatlan"}
    | dict.fromkeys(["81", "82", "63"], "America/Mazatlan")
    | dict.fromkeys(["83", "84", "85"], "America/Hermosillo"),
    "AU": {"": "Australia/Sydney", "08": "Australia/Darwin", "09": "Australia/Darwin"}
    | {"3": "Australia/Melbourne", "4": "Australia/Brisbane", "5": "Australia/Adelaide"}
    | {"6": "Australia/Perth", "7": "Australia/Hobart"},
    "RU": {"": "Europe/Moscow"},
    "ID": {"": "Asia/Jakarta"},
    "CL": {"": "America/Santiago"},
    "EC": {"": "America/Guayaquil"},
    "NZ": {"": "Pacific/Auckland"},
    "KZ": {"": "Asia/Almaty"},
    "MN": {"": "Asia/Ulaanbaatar"},
    "CD": {"": "Africa/Kinshasa"},
    "GL": {"": "America/Nuuk"},
    "PG": {"": "Pacific/Port_Moresby"},
    "PF": {"": "Pacific/Tahiti"},
    # Several zones on paper, one clock on the wall.
    "AR": {"": "America/Argentina/Buenos_Aires"},
    "CN": {"": "Asia/Shanghai"},
    "CY": {"": "Asia/Nicosia"},
    "DE": {"": "Europe/Berlin"},
    "MY": {"": "Asia/Kuala_Lumpur"},
    "UA": {"": "Europe/Kyiv"},
    "UZ": {"": "Asia/Tashkent"},
}
# Where the country alone leaves the clock open, so that its main zone is only assumed.
_OPEN = frozenset(
    ["US", "CA", "AU", "BR", "MX", "RU", "ID", "CL", "EC", "NZ", "KZ", "MN", "CD", "GL", "PG", "PF"]
)
FIRST_YEAR, LAST_YEAR = 2000, 2099  # outside of these a time is a mistake, and arithmetic on it overflows


def _countries_of_one_zone() -> dict[str, str]:
    table = resources.files("tzdata").joinpath("zoneinfo/zone.tab").read_text("utf-8")
    rows = [line.split("\t") for line in table.splitlines() if line and not line.startswith("#")]
    codes = [row[0] for row in rows]
    return {row[0]: row[2] for row in rows if codes.count(row[0]) == 1}


_ONE_ZONE = _countries_of_one_zone()


@lru_cache(maxsize=8192)
def zone_at(country: str, postal_code: str = "") -> tuple[ZoneInfo, ZoneSource] | None:
    """The zone of a place and how sure it is; None where the country is not known to us."""
    zones = _BY_POSTAL_CODE.get(country)
    if zones is None:
        name = _ONE_ZONE.get(country)
        return (ZoneInfo(name), ZoneSource.PLACE) if name else None
    start = postal_code.strip().upper()
    while start not in zones:
        start = start[:-1]
    sure = country not in _OPEN or bool(postal_code.strip() and len(zones) > 1)
    return ZoneInfo(zones[start]), ZoneSource.PLACE if sure else ZoneSource.CARRIER


def at_wall(naive: datetime, zone: ZoneInfo) -> datetime:
    """The moment a wall clock in `zone` shows `naive`.

    Of an hour that comes twice, the first. A time the clock jumps over is read as if it had not
    jumped: 02:30 is 03:30, the same moment half an hour after 02:00.
    """
    at = datetime.combine(naive, naive.time(), zone)  # `replace` takes five times as long
    # Clocks are changed at night, and this is asked of every line of every answer.
    if 5 <= naive.hour < 22 or at.utcoffset() == at.replace(fold=1).utcoffset():
        return at
    return at.astimezone(UTC).astimezone(zone)


def moment(
    said: str, country: str, postal_code: str, assumed: ZoneInfo
) -> tuple[datetime, ZoneSource] | None:
    """An ISO 8601 time as an aware one; without offset, on the place's clock, else on `assumed`.

    None where it is no time, or not one of this century.
    """
    if not said:
        return None
    try:
        at = datetime.fromisoformat(said)
    except ValueError:
        return None
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        return None
    if at.tzinfo is not None:
        return at, ZoneSource.OFFSET
    place = zone_at(country, postal_code) if country else None
    zone, source = place or (assumed, ZoneSource.CARRIER)
    return at_wall(at, zone), source


def spanish_time(said: str) -> str:
    """`06/05/2026 13:05:54` as ISO 8601; anything else comes back changed beyond reading."""
    return f"{said[6:10]}-{said[3:5]}-{said[:2]}T{said[11:].strip() or '00:00'}"
