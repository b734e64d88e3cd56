"""`manage.py new_carrier CODE`: the files of a new carrier, with blanks where only its documentation can speak."""

from __future__ import annotations

import json
import keyword
import re
from collections.abc import Mapping
from pathlib import Path
from string import Template
from typing import Any, NamedTuple

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from carriers import listed, zones
from carriers.registry import CARRIERS

SKELETON = Path(__file__).parent.parent / "skeleton"
LONGEST_NAME = 60


class Auth(NamedTuple):
    """How a way to sign in is written: in the adapter, and on the simulator's side of the wire."""

    kind: str
    declared: str
    account: str = '""'  # whose call it is
    wire: tuple[str, ...] = ()  # what the wire imports for it


AUTHS: Mapping[str, Auth] = {
    "key": Auth(
        "ApiKey",
        'ApiKey(header=""),  # the header that carries the key',
        'ask.headers.get(KEY_HEADER, "")',
        ("is_refused",),
    ),
    "basic": Auth("Basic", "Basic(),", "basic_auth(ask)[0]", ("basic_auth", "is_refused")),
    "oauth2": Auth(
        "OAuth2", 'OAuth2(token_url=""),  # the https:// address that grants tokens', "tokens.bearer(ask)"
    ),
    "none": Auth("NoAuth", "NoAuth(),"),
    "soap": Auth(
        "InBody",
        'InBody((Secret("username", _("User"), hidden=False), Secret("password", _("Password")))),',
    ),
}
SIGN_IN: Mapping[str, str] = {
    "key": "    if is_refused(_account(ask)):\n        return refuse(401)\n",
    "basic": "    if any(is_refused(said) for said in basic_auth(ask)):\n        return refuse(401)\n",
    "oauth2": (
        '    if TOKEN_PATH and ask.path == TOKEN_PATH and ask.method == "POST":\n'
        "        return _token(ask, world)\n"
        "    if not tokens.is_good(tokens.bearer(ask), world.now()):\n"
        "        return refuse(401)\n"
    ),
    "none": "",
}

# The answers a carrier is shown at least: HTTP status, what the body holds, what comes of reading it.
CASES: Mapping[str, tuple[int, str, str]] = {
    "delivered": (200, "the answer about a parcel that arrived, with its history", "found"),
    "in_transit": (200, "the answer about a parcel on its way", "found"),
    "new_code": (200, "the answer about a parcel whose newest scan has a code that is not in the table", "found"),
    "not_found": (404, "the answer about a number the carrier does not know", "not_found"),
    "refused": (401, "the answer to a wrong key, or to a caller who is turned away", "auth_error"),
    "rate_limited": (429, "the answer to too many calls", "rate_limited"),
    "nonsense": (200, "what is no answer at all, such as a web page", "bad_response"),
}  # fmt: skip
SOURCE = "Here goes the https:// address of the page where the carrier documents this answer."
READ_AS = "Here goes what a person reads in the text, as status.detail of carriers/types.py."

NEXT = """\
Written, with blanks where only {name}'s documentation can speak:
{files}

Now, in this order (carriers/README.md shows each step):
1. Fill in {adapter}: its docs, its address, the names of its fields, its codes.
2. Fill in tests/carriers/cases/{code}/: an answer and its address in each file, every name in it invented.
     {python} manage.py read_answer {code} FILE    # a body as it came
     make test TESTS="tests/carriers/test_contract.py -k {code}"
3. Fill in {network} and
   {wire} from the same documentation, then see the adapter read every journey back:
     make test TESTS="tests/carriers/test_simulator_read_back.py -k {code}"
4. Add the shapes of its numbers to carriers/data/number_formats.csv, its site to carriers/data/link_hosts.csv,
   and its row to the table in carriers/simulator/README.md.
     echo 'A NUMBER' | {python} manage.py whose_number
     {python} manage.py list_carriers > docs/carriers.md
5. Look for what breaks it, measure it, and run what CI runs:
     make fuzz CARRIER={code}
     {python} -m bench.parsing {code}
     make check
Until 1 and 2 are done its contract tests fail, and say what is missing.
"""


class Command(BaseCommand):
    help = (
        "Write the files of a new carrier: its adapter, the answers it has to be shown, and its side of the simulator. "
        "What only the carrier's documentation can say is left blank, and the contract tests ask for it."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code", metavar="CODE", help="small letters, digits and _, such as velopost")
        parser.add_argument("--name", required=True, help="what people call it, such as Velopost")
        parser.add_argument(
            "--country", required=True, metavar="CC", help="where it mostly delivers, such as ES"
        )
        parser.add_argument(
            "--auth", choices=AUTHS, default="key", help="how a call is signed in (default: key)"
        )
        parser.add_argument(
            "--aggregator", action="store_true", help="it answers for other carriers' numbers"
        )
        parser.add_argument(
            "--into", metavar="DIR", default=str(settings.BASE_DIR), help="default: this project"
        )

    def handle(
        self, *, code: str, name: str, country: str, auth: str, aggregator: bool, into: str, **_: Any
    ) -> None:
        _check_code(code)
        _check_name(name)
        zone = zones.zone_at(country)
        if not re.fullmatch("[A-Z]{2}", country) or zone is None:
            raise CommandError(f"{country!r} is no country. Give its two capital letters, such as ES.")
        if aggregator and auth == "soap":
            raise CommandError("An aggregator is told of numbers in JSON: choose another --auth than soap.")
        words = {"code": code, "name": name, "country": country, "zone": zone[0].key}
        texts = {
            f"carriers/adapters/{code}.py": _adapter(words, auth, aggregator=aggregator),
            f"carriers/simulator/networks/{code}.py": _filled("network", words),
            f"carriers/simulator/wire/{code}.py": _wire(words, auth),
        } | {f"tests/carriers/cases/{code}/{case}.json": _case(case, auth) for case in CASES}
        _write(Path(into), texts)
        self.stdout.write(_next(words, list(texts)))


def _check_code(code: str) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9_]{1,31}", code) or keyword.iskeyword(code):
        raise CommandError(
            f"{code!r} cannot be a code. Use 2 to 32 small letters, digits and _, a letter first: it names a file."
        )
    if code in CARRIERS:
        raise CommandError(f"There is an adapter for {code} already: {CARRIERS[code].name}.")
    if entry := listed.get(code):
        raise CommandError(
            f"{code} is in carriers/data/directory.csv: {entry.name}, which has a page and no adapter. To take it over, "
            f"delete its line there and start again; then put its page into public_url ({entry.link}), and what 17TRACK "
            f"({entry.seventeentrack or 'unknown'}) and AfterShip ({entry.aftership or 'unknown'}) call it into AGGREGATES "
            "of their adapters."
        )


def _check_name(name: str) -> None:
    if not name.strip() or name != name.strip() or len(name) > LONGEST_NAME:
        raise CommandError(f"A name has 1 to {LONGEST_NAME} letters, and no blanks around it.")
    if not name.isprintable() or set(name) & set('"\\{}'):
        raise CommandError(
            f"{name!r} cannot be a name: leave out quotation marks, braces, \\ and what cannot be seen."
        )


def _adapter(words: Mapping[str, str], auth: str, *, aggregator: bool) -> str:
    is_soap = auth == "soap"
    kind = "soap" if is_soap else "json"
    types = {"Answer", "BadResponseError", "Carrier", "Reply", "Scan", "SubStatus", AUTHS[auth].kind}
    types |= {"Query", "Request"} if aggregator or is_soap else set()
    types |= {"Secret"} if is_soap else set()
    functions = [f"functions_{kind}", "scan", *(["register"] if aggregator else [])]
    parts = {
        "stdlib": "import json\n" if aggregator else "",
        "from_xml": "from xml.sax.saxutils import escape\n" if is_soap else "",
        "payload": "child, error_for, obj, objs, ok, text, xml_of" if is_soap else "error_for, json_of, obj, objs, ok, text",
        "types": ",\n    ".join(sorted(types)),
        "marking": "from carriers.types import gettext_noop as _\n" if is_soap else "",
        "constants": _text(f"constants_{kind}").strip() + (
            '\nREGISTER, WHOSE = "", ""  # the https:// address that is told of numbers; the field with their carrier'
            if aggregator else ""
        ),
        "aggregates": (
            "\n# Our code of each carrier it speaks for, and its own name for it.\nAGGREGATES: Mapping[str, str] = {}"
            if aggregator else ""
        ),
        "functions": "\n\n\n".join(_text(name).strip() for name in functions),
        "endpoint": "API," if is_soap else '"",  # the https:// address that is asked, with {number} where the number goes',
        "auth": AUTHS[auth].declared,
        "further": ("    build=build,\n" if is_soap else "")
        + ("    register=register,\n    aggregates=AGGREGATES,\n" if aggregator else ""),
    }  # fmt: skip
    return _filled("adapter", {**words, **parts})


def _wire(words: Mapping[str, str], auth: str) -> str:
    if auth == "soap":
        return _filled("wire_soap", words)
    way = AUTHS[auth]
    names = ", ".join(["Ask", "Line", "Reply", "Wire", *sorted([*way.wire, "json_reply"])])
    from_wire = f"from carriers.simulator.wire.contract import {names}"
    constants = {
        "key": 'KEY_HEADER = ""  # in small letters\n',
        "oauth2": 'TOKEN_PATH = ""  # where tokens are granted\nTOKEN_LIFETIME_S = 3600\n',
    }.get(auth, "")
    parts = {
        "from_wire": ("from carriers.simulator.wire import tokens\n" if auth == "oauth2" else "") + from_wire,
        "constants": constants,
        "sign_in": SIGN_IN[auth],
        "account": way.account,
    }
    text = _filled("wire_json", {**words, **parts})
    return text.replace("def _scan(", f"{_text('granting')}def _scan(") if auth == "oauth2" else text


def _case(case: str, auth: str) -> str:
    status, what, outcome = CASES[case]
    body = f"Here goes {what}."
    answers = [{"number": "Here goes the parcel's number.", "sub_status": READ_AS, "events": []}]
    told = {
        "source": SOURCE,
        "status": status,
        "body" if auth == "soap" or case == "nonsense" else "payload": body,
        "outcome": outcome,
        "answers": answers if outcome == "found" else [],
    }
    return json.dumps(told, ensure_ascii=False, indent=1) + "\n"


def _text(name: str) -> str:
    return (SKELETON / f"{name}.txt").read_text("utf-8")


def _filled(name: str, words: Mapping[str, str]) -> str:
    return Template(_text(name)).substitute(words)


def _write(into: Path, texts: Mapping[str, str]) -> None:
    """All of them or none: refuses where one is there already."""
    if not into.is_dir():
        raise CommandError(f"{into} is no directory.")
    if there := [name for name in texts if (into / name).exists()]:
        raise CommandError(f"Nothing is written, for this would be overwritten: {', '.join(there)}.")
    for name, text in texts.items():
        path = into / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def _next(words: Mapping[str, str], files: list[str]) -> str:
    adapter, network, wire, *cases = files
    shown = [adapter, network, wire, f"{Path(cases[0]).parent}/ ({len(cases)} answers)"]
    return NEXT.format(
        **words,
        files="\n".join(f"  {name}" for name in shown),
        adapter=adapter,
        network=network,
        wire=wire,
        python=".venv/bin/python",
    )
