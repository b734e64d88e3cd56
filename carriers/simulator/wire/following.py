"""Which numbers an aggregator's customers follow, kept apart by aggregator; what every aggregator knows of a town."""

from __future__ import annotations

import json
from hashlib import blake2b
from uuid import UUID

from carriers.simulator.watching import Registration
from carriers.simulator.wire.contract import Ask
from carriers.simulator.world import World
from carriers.types import Json

ISO3 = {
    "AD": "AND", "AU": "AUS", "BE": "BEL", "BR": "BRA", "CA": "CAN", "CN": "CHN", "DE": "DEU", "ES": "ESP",
    "FR": "FRA", "GB": "GBR", "IT": "ITA", "MX": "MEX", "NL": "NLD", "PL": "POL", "PT": "PRT", "US": "USA",
}  # fmt: skip


def follow(world: World, aggregator: str, key: str, number: str) -> bool:
    """Whether the number is new to this customer. Safe to repeat."""
    if is_followed(world, aggregator, key, number):
        return False
    world.follow(Registration(aggregator, key, number, world.now().timestamp()))
    return True


def is_followed(world: World, aggregator: str, key: str, number: str) -> bool:
    return world.watching.registration(aggregator, key, number) is not None


def forget(world: World, aggregator: str, key: str, number: str) -> None:
    world.watching.forget(aggregator, key, number)


def followed(world: World, aggregator: str, key: str) -> list[str]:
    """Every number of this customer."""
    return [one.number for one in world.watching.registrations(aggregator, key=key)]


def body_of(ask: Ask) -> Json:
    """The request's JSON; None where it is none."""
    try:
        return json.loads(ask.body)
    except ValueError:
        return None


def hex_of(*parts: str) -> str:
    """An identifier that is always the same for the same things: 32 hexadecimal digits."""
    return blake2b("\x1f".join(parts).encode(), digest_size=16).hexdigest()


def uuid_of(*parts: str) -> str:
    return str(UUID(hex=hex_of(*parts)))
