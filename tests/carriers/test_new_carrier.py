"""`manage.py new_carrier`: a skeleton that is honest about what it does not know, and the README's example filled in."""

from __future__ import annotations

import importlib.util
import io
import json
import random
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType

import pytest
import requests
from django.conf import settings
from django.core.management import CommandError, call_command

from carriers import reading
from carriers.listed import all_carriers
from carriers.management.commands import new_carrier
from carriers.registry import CARRIERS
from carriers.simulator.journeys import LIBRARY
from carriers.simulator.networks.registry import NETWORKS
from carriers.simulator.numbers import number_for, unknown_number_for
from carriers.simulator.testing import running
from carriers.simulator.wire.registry import WIRES
from carriers.types import Carrier, CarrierError, Reply
from tests.carriers import promises
from tests.carriers.asking import answer_of, ask, told
from tests.carriers.recorded import Case
from tests.carriers.spoiling import spoiled

ROOT = Path(settings.BASE_DIR)
WAYS = [(auth, False) for auth in new_carrier.AUTHS] + [("key", True), ("oauth2", True), ("none", True)]
every_way = pytest.mark.parametrize(("auth", "aggregator"), WAYS)
ADAPTER, NETWORK, WIRE = (
    f"carriers/{folder}/velopost.py" for folder in ("adapters", "simulator/networks", "simulator/wire")
)


def written(into: Path, *options: str, code: str = "velopost") -> str:
    """Write the skeleton; what the command said."""
    out = io.StringIO()
    call_command(
        "new_carrier", code, "--name=Velopost", "--country=ES", f"--into={into}", *options, stdout=out
    )
    return out.getvalue()


def module_of(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"written_{path.parent.name}_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def cases_in(tree: Path) -> list[Case]:
    folder = tree / "tests/carriers/cases/velopost"
    return [
        Case("velopost", path.stem, json.loads(path.read_text("utf-8"))) for path in sorted(folder.iterdir())
    ]


def options(auth: str, aggregator: bool) -> list[str]:
    return [f"--auth={auth}", *(["--aggregator"] if aggregator else [])]


# --- What is written ---


@every_way
def test_the_skeleton_is_linted_and_formatted(tmp_path: Path, auth: str, aggregator: bool) -> None:
    written(tmp_path, *options(auth, aggregator))
    for name in (ADAPTER, NETWORK, WIRE):
        for how in (["check", "--quiet"], ["format", "--check", "--diff"]):
            done = subprocess.run(
                [Path(sys.executable).parent / "ruff", *how, "--stdin-filename", name, "-"],
                cwd=ROOT, input=(tmp_path / name).read_bytes(), capture_output=True, check=False,
            )  # fmt: skip
            assert done.returncode == 0, (name, done.stdout.decode(), done.stderr.decode())


@every_way
def test_the_skeleton_answers_any_garbage_with_our_errors(
    tmp_path: Path, auth: str, aggregator: bool
) -> None:
    written(tmp_path, *options(auth, aggregator))
    carrier: Carrier = module_of(tmp_path / ADAPTER).CARRIER
    bodies = [
        b"",
        b"\xff\xfe",
        b"{",
        b"[]",
        b'{"": "1", "a": {}}',
        b"<a/>",
        b"<Envelope><Body/></Envelope>",
        b"null",
    ]
    for body in bodies:
        for status in (None, 200, 404, 500):
            promises.sound(carrier, Reply(body, status))
    with pytest.raises(CarrierError):
        carrier.parse(Reply(b'{"parcel": "1", "scans": []}', 200))


@every_way
def test_the_skeleton_fails_its_contract_and_says_what_is_missing(
    tmp_path: Path, auth: str, aggregator: bool
) -> None:
    written(tmp_path, *options(auth, aggregator))
    carrier: Carrier = module_of(tmp_path / ADAPTER).CARRIER
    cases = cases_in(tmp_path)

    said = "\n".join(promises.all_of(carrier, cases))

    assert {case.name for case in cases} == set(promises.REQUIRED) == set(new_carrier.CASES)
    for missing in ("docs: give", "endpoint: give", "no code of the carrier's says delivered", "goes back"):
        assert missing in said
    for case in cases:
        assert f"{case}: source has to be" in said
    for name in ("delivered", "in_transit", "new_code"):
        assert f"velopost-{name}: outcome is bad_response, not found" in said
    assert ("header that carries the key" in said) is (auth == "key")
    assert ("grants tokens" in said) is (auth == "oauth2")
    assert ("aggregates: name our code" in said) is aggregator


@every_way
def test_the_simulators_side_refuses_until_it_is_filled_in(
    tmp_path: Path, auth: str, aggregator: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path, *options(auth, aggregator))
    network, wire = in_simulator(tmp_path, monkeypatch)
    said = "\n".join(promises.simulated("velopost", WIRES, NETWORKS))
    for missing in ("says nothing of", "numbers that are not its own", "pairs of towns"):
        assert missing in said
    assert not network.NETWORK.is_own("1234")
    with running(speed=1) as simulator:
        assert requests.get(f"{simulator.url}/velopost/parcels/1", timeout=10).status_code in (401, 404)
    assert wire.WIRE.refuse(429).status == 429


def in_simulator(tree: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[ModuleType, ModuleType]:
    """The written network and wire, where the simulator looks for them."""
    network = module_of(tree / NETWORK)
    monkeypatch.setitem(sys.modules, "carriers.simulator.networks.velopost", network)
    wire = module_of(tree / WIRE)
    monkeypatch.setitem(NETWORKS, "velopost", network.NETWORK)
    monkeypatch.setitem(WIRES, "velopost", wire.WIRE)
    return network, wire


def test_what_to_do_next_is_said_in_order(tmp_path: Path) -> None:
    said = written(tmp_path)
    steps = [
        ADAPTER,
        "1. Fill in carriers/adapters/velopost.py",
        'make test TESTS="tests/carriers/test_contract.py -k velopost"',
        "3. Fill in carriers/simulator/networks/velopost.py",
        "manage.py list_carriers > docs/carriers.md",
        "make fuzz CARRIER=velopost",
        "python -m bench.parsing velopost",
        "make check",
    ]
    places = [said.find(step) for step in steps]
    assert -1 not in places
    assert places == sorted(places)


# --- What is refused ---


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    written(tmp_path)
    (tmp_path / ADAPTER).write_text("mine", "utf-8")
    (tmp_path / WIRE).unlink()

    with pytest.raises(CommandError, match="would be overwritten: carriers/adapters/velopost"):
        written(tmp_path)

    assert (tmp_path / ADAPTER).read_text("utf-8") == "mine"
    assert not (tmp_path / WIRE).exists()


@pytest.mark.parametrize("code", ["", "Velo", "v", "17velo", "velo-post", "class", "a" * 33, "velo/../post"])
def test_a_code_that_cannot_name_a_file_is_refused(tmp_path: Path, code: str) -> None:
    with pytest.raises(CommandError, match="cannot be a code"):
        written(tmp_path, code=code)
    assert list(tmp_path.iterdir()) == []


def test_a_carrier_there_is_already_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="There is an adapter for seur already"):
        written(tmp_path, code="seur")


def test_a_carrier_with_a_page_alone_is_taken_over_on_purpose(tmp_path: Path) -> None:
    entry = next(one for one in all_carriers() if re.fullmatch("[a-z]+", one.code) and one.link)
    with pytest.raises(CommandError, match=re.escape("delete its line there and start again")) as refused:
        written(tmp_path, code=entry.code)
    assert entry.link in str(refused.value)


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("--country=es", "no country"),
        ("--country=QQ", "no country"),
        ("--name= ", "A name has"),
        ('--name=Velo"post', "cannot be a name"),
        ("--name=Velo\npost", "cannot be a name"),
        ("--into=/nowhere/at/all", "is no directory"),
    ],
)
def test_what_is_no_name_country_or_folder_is_refused(tmp_path: Path, option: str, said: str) -> None:
    with pytest.raises(CommandError, match=said):
        written(tmp_path, option)


def test_an_aggregator_over_soap_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="choose another --auth"):
        written(tmp_path, "--auth=soap", "--aggregator")


# --- The README's example ---

README = (ROOT / "carriers/README.md").read_text("utf-8")


def example(kind: str, name: str) -> str:
    """The block of the README headed by this file's name."""
    found = re.search(rf"^`{re.escape(name)}`.*?\n\n?```{kind}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
    assert found, f"carriers/README.md shows no {name}"
    return found[1]


@pytest.fixture
def filled_in(tmp_path: Path) -> Path:
    """A tree as the README's reader has it in the end: the command as it stands there, then each file it shows."""
    [command] = re.findall(r"^manage.py (new_carrier .*)$", README, re.MULTILINE)
    name, code, *further = [word.strip('"') for word in re.findall(r'"[^"]*"|\S+', command)]
    call_command(name, code, *further, f"--into={tmp_path}", stdout=io.StringIO())
    for path in (ADAPTER, NETWORK, WIRE):
        (tmp_path / path).write_text(example("python", path), "utf-8")
    for case in promises.REQUIRED:
        path = f"tests/carriers/cases/velopost/{case}.json"
        (tmp_path / path).write_text(example("json", path), "utf-8")
    return tmp_path


def test_the_readmes_carrier_keeps_every_promise(filled_in: Path) -> None:
    carrier: Carrier = module_of(filled_in / ADAPTER).CARRIER
    cases = cases_in(filled_in)
    assert promises.all_of(carrier, cases) == []
    for case in cases:
        for answer, wanted in zip(
            reading.read(carrier, case.reply).answers, case.said["answers"], strict=True
        ):
            events = reading.events_of(carrier, answer)
            shown = [
                {
                    "at": one.occurred_at.isoformat(),
                    "sub_status": one.sub_status,
                    "code": one.code,
                    "text": one.text,
                    "place": one.place,
                }
                for one in events
            ]
            assert shown == wanted["events"]


def test_the_readmes_carrier_survives_what_spoils_its_answers(filled_in: Path) -> None:
    carrier: Carrier = module_of(filled_in / ADAPTER).CARRIER
    payloads = [case.payload for case in cases_in(filled_in) if case.payload is not None]
    chance = random.Random(8)
    for _ in range(400):
        payload = spoiled(chance.choice(payloads), chance, chance.choice([0.02, 0.1, 0.3]))
        promises.sound(carrier, Reply(json.dumps(payload).encode(), 200))


def test_a_promise_that_is_broken_is_told(filled_in: Path) -> None:
    module, cases = module_of(filled_in / ADAPTER), cases_in(filled_in)
    del module.STATUSES["E1"]
    said = "\n".join(promises.all_of(module.CARRIER, cases[1:]))
    assert "no code of the carrier's says delivered" in said
    assert f"{cases[0].name}.json is missing" in said


@pytest.fixture
def velopost(filled_in: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Carrier]:
    in_simulator(filled_in, monkeypatch)
    carrier: Carrier = module_of(filled_in / ADAPTER).CARRIER
    monkeypatch.setattr("tests.carriers.asking.CARRIERS", {**CARRIERS, "velopost": carrier})
    yield carrier


def test_the_readmes_simulator_is_read_back_by_its_adapter(velopost: Carrier) -> None:
    assert promises.simulated("velopost", WIRES, NETWORKS) == []
    now = datetime(2026, 5, 20, 10, tzinfo=UTC)
    lines = WIRES["velopost"].lines
    with running(speed=1, now=lambda: now) as simulator:
        for journey in LIBRARY:
            number = number_for("velopost", journey)
            simulator.add("velopost", number, journey, started_at=now - timedelta(days=30))
            events = reading.events_of(velopost, answer_of(simulator, "velopost", number))
            scans = told(simulator, "velopost", number)
            assert [event.occurred_at for event in events] == [at for at, _ in scans]
            for event, (_, kind) in zip(events, scans, strict=True):
                assert event.sub_status in (kind, *lines[kind].also), (journey, kind)
        assert ask(simulator, "velopost", unknown_number_for("velopost", 1)).outcome == "not_found"
