"""What a member who may only look sees of a customer: enough to recognise, too little to write to. Pure."""

from __future__ import annotations


def name(said: str) -> str:
    """Marta Ruiz → Marta R."""
    first, *rest = said.split() or [""]
    return " ".join([first, *(f"{word[0]}." for word in rest[-1:])])


def email(said: str) -> str:
    """marta@example.com → m•••@example.com"""
    local, at, domain = said.partition("@")
    return f"{local[:1]}•••{at}{domain}" if at else said and "•••"


def phone(said: str) -> str:
    """+34600123456 → ••• 456"""
    return f"••• {said[-3:]}" if said else ""


def recipient(said: str) -> str:
    """Of a message: an e-mail address or a phone number."""
    return email(said) if "@" in said else phone(said)
