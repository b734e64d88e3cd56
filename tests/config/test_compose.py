"""The files that describe an installation say the same as the code."""

import re
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from config.demo import processes

BASE = Path(__file__).resolve().parent.parent.parent
COMPOSE = yaml.safe_load((BASE / "docker-compose.yml").read_text())
DOCKERFILE = (BASE / "Dockerfile").read_text()
EXAMPLE = (BASE / ".env.example").read_text()
# Of the machine or of pytest, not the operator's to set.
NOT_OURS = {"PATH", "TMPDIR", "DJANGO_ALLOW_ASYNC_UNSAFE", "DJANGO_SETTINGS_MODULE"}


def assigned(text):
    return {match[1] for line in text.splitlines() if (match := re.match(r"(?:# )?([A-Z][A-Z0-9_]+)=", line))}


@pytest.mark.parametrize(
    ("service", "command"),
    [
        ("migrate", processes.PREPARE),
        ("web", processes.WEB),
        ("streams", processes.STREAMS),
        ("worker", processes.WORKER),
        ("beat", processes.BEAT),
    ],
)
def test_composes_commands_are_those_the_demo_runs(service, command):
    assert COMPOSE["services"][service]["command"] == processes.argv(command, data=Path("/data"))


def test_the_image_serves_by_default_with_the_same_command():
    assert re.search(r"^CMD (\[.*\])$", DOCKERFILE, re.MULTILINE)[1].replace('"', "'") == str(
        list(processes.WEB)
    )
    assert " ".join(processes.STATIC) in DOCKERFILE


def test_the_data_directory_of_beat_is_a_volume():
    assert "DATA_DIR=/data" in DOCKERFILE
    assert COMPOSE["services"]["beat"]["volumes"] == ["beat:/data"]
    assert set(COMPOSE["volumes"]) == {"postgres", "beat", "caddy"}


def test_only_the_migrating_container_holds_the_admin_login():
    holders = {
        name
        for name, service in COMPOSE["services"].items()
        if "DATABASE_ADMIN_URL" in service.get("environment", {})
    }
    assert holders == {"migrate"}


def test_nothing_of_ours_runs_as_root_or_writes_to_its_image():
    assert "USER rastro" in DOCKERFILE
    for name in ("migrate", "web", "streams", "worker", "beat"):
        service = COMPOSE["services"][name]
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name


def test_only_the_proxy_is_open_to_the_world():
    assert [name for name, service in COMPOSE["services"].items() if "ports" in service] == ["caddy"]


def test_every_service_that_can_say_so_is_asked_whether_it_is_well():
    unasked = {name for name, service in COMPOSE["services"].items() if "healthcheck" not in service}
    assert unasked == {"migrate", "beat", "caddy"}


def test_every_variable_the_compose_file_asks_for_is_in_the_example():
    text = (BASE / "docker-compose.yml").read_text()
    asked = set(re.findall(r"\$\{([A-Z_]+)", text))
    handed_on = {name for name, value in COMPOSE["services"]["web"]["environment"].items() if value is None}

    assert asked | handed_on <= assigned(EXAMPLE)


def test_every_variable_the_code_reads_is_in_the_example_with_a_sentence():
    read = set()
    for path in [*(BASE / "config").rglob("*.py"), *(BASE / "tests").glob("*.py")]:
        text = path.read_text()
        read |= set(re.findall(r"""\benv(?:\.\w+)?\(\s*"([A-Z][A-Z0-9_]+)\"""", text))
        read |= set(
            re.findall(r"""(?:os\.environ\.get\(|_named\(environ, |_database\()"([A-Z][A-Z0-9_]+)\"""", text)
        )
    read = {name.removesuffix("_FILE") for name in read} - NOT_OURS
    assert {"SECRET_KEY", "DATABASE_OWNER_URL", "WEB_BIND", "TEST_REDIS_URL"} <= read, (
        "the pattern finds them"
    )
    assert read <= assigned(EXAMPLE)

    lines = EXAMPLE.splitlines()
    bare = [line for before, line in pairwise(lines) if assigned(line) and assigned(before)]
    assert bare == []


def test_what_is_made_here_is_not_committed():
    ignored = (BASE / ".gitignore").read_text().split()
    assert {".venv/", ".data/", "*.mo", "/staticfiles/", ".env"} <= set(ignored)
