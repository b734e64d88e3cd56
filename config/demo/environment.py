"""What the demo's processes find in their environment: secrets kept over restarts, addresses, a quick pace."""

from __future__ import annotations

import json
import secrets
import socket
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from config.demo.watch import DemoError
from config.services import write_private

HOST = "127.0.0.1"
# What production asks every four hours is asked every seven seconds.
PACE = "0.0005"


@dataclass(frozen=True, slots=True)
class Ports:
    web: int
    mailbox: int
    smtp: int
    simulator: int
    streams: int = 8001


def kept_secrets(home: Path) -> dict[str, str]:
    """Made once: sealed credentials and shoppers' addresses follow from them."""
    file = home / "secrets.json"
    if not file.exists():
        made = {
            "SECRET_KEY": secrets.token_urlsafe(48),
            "VAULT_KEYS": urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        }
        write_private(file, json.dumps(made, indent=1))
    kept: dict[str, str] = json.loads(file.read_text())
    return kept


def for_children(
    given: Mapping[str, str],
    *,
    secrets: Mapping[str, str],
    services: Mapping[str, str],
    ports: Ports,
    home: Path,
) -> dict[str, str]:
    """The environment of every process of the demo.

    The demo's own addresses always win: invented orders must never be mailed, nor asked of a carrier, for real.
    """
    ours = {
        **{name: given.get(name) or value for name, value in secrets.items()},
        **services,
        "DATA_DIR": str(home),
        "SITE_URL": f"http://{HOST}:{ports.web}",
        "WEB_BIND": f"{HOST}:{ports.web}",
        "STREAM_URL": f"http://{HOST}:{ports.streams}",
        "STREAM_BIND": f"{HOST}:{ports.streams}",
        "DEMO_MAILBOX_URL": f"http://{HOST}:{ports.mailbox}",
        "EMAIL_URL": f"smtp://{HOST}:{ports.smtp}",
        "EMAIL_BACKEND": "",
        "CARRIER_SIMULATOR_URL": f"http://{HOST}:{ports.simulator}",
        "TWILIO_ACCOUNT_SID": "AC00000000000000000000000000000000",
        "TWILIO_AUTH_TOKEN": "demo",
        "TWILIO_SENDER": "+34600000000",
        "POLL_PACE_SCALE": PACE,
        "NOTIFY_SETTLE_S": "3",
        # Answers typed in the mailbox come in as a provider hands them in.
        "INBOUND_EMAIL_DOMAIN": "reply.rastro.example",
        "ANYMAIL": json.dumps({"WEBHOOK_SECRET": f"mailbox:{_password(secrets)}"}),
        "DEBUG": "0",
        "PYTHONUNBUFFERED": "1",
    }
    return {name: value for name, value in given.items() if name.removesuffix("_FILE") not in ours} | ours


def _password(secrets: Mapping[str, str]) -> str:
    return sha256(f"mailbox:{secrets['SECRET_KEY']}".encode()).hexdigest()[:32]


def free_ports(wanted: Ports) -> tuple[Ports, list[str]]:
    """A free port for each, the next one up where one is taken; and what to say of those."""
    names = {
        "web": "the pages",
        "mailbox": "the mailbox",
        "smtp": "SMTP",
        "simulator": "the carrier simulator",
        "streams": "the open streams",
    }
    found: dict[str, int] = {}
    said = []
    for field, name in names.items():
        first = getattr(wanted, field)
        found[field] = _free_from(first, taken=set(found.values()))
        if found[field] != first:
            said.append(f"Port {first} is taken: {name} will be at {found[field]}.")
    return Ports(**found), said


def _free_from(first: int, *, taken: set[int]) -> int:
    for port in range(first, min(first + 200, 65_536)):
        if port not in taken and _is_free(port):
            return port
    raise DemoError(f"No port is free between {first} and {first + 199}.")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As the servers do: a port whose last connection is still fading is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
