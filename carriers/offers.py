"""Which carriers this installation lets its shops connect: an unofficial or self-hosted one waits for the operator."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from django.conf import settings

from carriers.registry import CARRIERS
from carriers.types import Carrier


class Closed(StrEnum):
    """Why a carrier cannot be connected here."""

    UNOFFICIAL = "unofficial"  # its endpoint was promised to nobody: Carrier.unofficial says more
    NO_ADDRESS = "no_address"  # self-hosted, and the operator has named no server: Carrier.address_setting


def closed(carrier: Carrier) -> Closed | None:
    """Why shops cannot connect the carrier here; None when they can."""
    if carrier.address_setting and not (
        getattr(settings, carrier.address_setting) or settings.CARRIER_SIMULATOR_URL
    ):
        return Closed.NO_ADDRESS
    if carrier.unofficial and carrier.code not in settings.UNOFFICIAL_CARRIERS:
        return Closed.UNOFFICIAL
    return None


def needs_credentials(carrier: Carrier) -> bool:
    """Whether credentials that the carrier itself would do without must be given here."""
    return bool(carrier.unofficial_alone) and carrier.code not in settings.UNOFFICIAL_CARRIERS


def may_ask(carrier: Carrier, secrets: Mapping[str, str]) -> bool:
    """Whether an account with these credentials may be asked with here."""
    return closed(carrier) is None and (bool(secrets) or not needs_credentials(carrier))


def is_open(code: str) -> bool:
    """Whether there is an adapter of this code, and it may be asked here."""
    return code in CARRIERS and closed(CARRIERS[code]) is None
