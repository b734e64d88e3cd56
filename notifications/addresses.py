"""How a shopper's address is remembered without being kept. Pure."""

from __future__ import annotations

from tenants.vault import digest


def address_hash(address: str) -> str:
    return digest(f"address:{address.strip().casefold()}")
