"""The demo starts things in order, keeps them up, and stops them all."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from config.children import Child, command_of, wait_until
from config.demo.environment import HOST, Ports, for_children, free_ports, kept_secrets
from config.demo.watch import RESTARTS, DemoError, Watch
from config.embedded.places import ServiceError

PORTS = Ports(web=18000, mailbox=18025, smtp=11025, simulator=18090)


@pytest.fixture
def said():
    return []


@pytest.fixture
def now():
    """Seconds, moved on by hand."""
    return [0.0]


@pytest.fixture
def watch(said, now):
    watch = Watch(said.append, clock=lambda: now[0])
    yield watch
    watch.stop()


def runs(tmp_path, name="worker", script="sleep 60"):
    return Child(name, ["/bin/sh", "-c", script], tmp_path / f"{name}.log")


def die(child):
    os.kill(child.pid, signal.SIGKILL)
    assert wait_until(lambda: not child.alive, timeout_s=5)


def test_what_dies_is_reported_with_its_last_words_and_started_again(watch, said, tmp_path):
    child = watch.start(runs(tmp_path, script="echo out of ink; sleep 60").start)
    assert wait_until(lambda: "out of ink" in child.last_words(), timeout_s=5)
    first = child.pid
    die(child)

    watch.look()
    watch.look()

    assert child.alive
    assert child.pid != first
    assert said[0].startswith("worker stopped (killed by SIGKILL)")
    assert said[1] == "  out of ink"


def test_each_death_makes_the_next_start_wait_longer(watch, now, tmp_path):
    child = watch.start(runs(tmp_path).start)
    waits = []
    for _ in range(4):
        die(child)
        watch.look()
        waits.append(watch.all[0].again_at - now[0])
        now[0] += waits[-1]
        watch.look()
        assert child.alive

    assert waits == [0, 2, 4, 8]


def test_one_that_keeps_dying_is_left_down_and_all_else_goes_on(watch, now, said, tmp_path):
    worker = watch.start(runs(tmp_path).start)
    other = watch.start(runs(tmp_path, "mailbox").start)
    for _ in range(RESTARTS + 1):
        die(worker)
        watch.look()
        now[0] += 20
        watch.look()

    assert not worker.alive
    assert other.alive
    assert said[-1] == "worker stays down after 6 times. All else goes on."


def test_the_demo_ends_when_the_web_keeps_dying(watch, now, tmp_path):
    web = watch.start(runs(tmp_path, "web").start, vital=True)
    for _ in range(RESTARTS):
        die(web)
        watch.look()
        now[0] += 20
        watch.look()
    die(web)

    with pytest.raises(DemoError, match="web stopped 6 times within 5 minutes"):
        watch.look()


def test_deaths_long_ago_are_forgiven(watch, now, tmp_path):
    child = watch.start(runs(tmp_path).start)
    for _ in range(RESTARTS * 3):
        die(child)
        watch.look()
        now[0] += 301
        watch.look()

    assert child.alive


def test_a_server_that_cannot_come_back_is_tried_again(watch, now, said, tmp_path):
    child = runs(tmp_path, "postgres")
    attempts = []

    def start():
        attempts.append(1)
        if len(attempts) == 2:
            raise ServiceError("PostgreSQL did not start.")
        return child.start()

    watch.start(start)
    die(child)
    watch.look()
    watch.look()
    now[0] += 20
    watch.look()
    now[0] += 20
    watch.look()

    assert "PostgreSQL did not start." in said
    assert child.alive
    assert len(attempts) == 3


def test_what_others_need_stops_last_and_each_may_finish(tmp_path, said):
    watch = Watch(said.append)
    log = tmp_path / "order"
    for stage, name in ((0, "postgres"), (1, "web"), (1, "worker")):
        script = f"trap 'sleep 0.1; echo {name} >> {log}; exit 0' TERM; echo up; while :; do sleep 0.05; done"
        child = watch.start(runs(tmp_path, name, script).start, stage=stage)
        assert wait_until(lambda child=child: "up" in child.last_words(), timeout_s=5)

    watch.stop()

    ended = log.read_text().split()
    assert (sorted(ended[:2]), ended[2:]) == (["web", "worker"], ["postgres"])
    assert said == []


def test_what_does_not_end_in_time_is_killed(tmp_path, said):
    watch = Watch(said.append)
    child = watch.start(
        runs(tmp_path, script="trap '' TERM; echo up; while :; do sleep 0.05; done").start, stop_after_s=0.2
    )
    assert wait_until(lambda: "up" in child.last_words(), timeout_s=5)

    watch.stop()

    assert not child.alive
    assert said == ["worker did not end by itself, and is killed."]


def test_in_a_hurry_what_does_not_end_is_killed(watch, said, tmp_path):
    child = watch.start(runs(tmp_path, script="trap '' TERM; echo up; while :; do sleep 0.05; done").start)
    assert wait_until(lambda: "up" in child.last_words(), timeout_s=5)
    watch.hurry = True

    watch.stop()

    assert not child.alive
    assert said == ["worker did not end by itself, and is killed."]


def test_a_taken_port_gets_the_next_free_one_and_it_is_said():
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]

        found, said = free_ports(Ports(web=port, mailbox=18025, smtp=11025, simulator=18090, streams=18001))

    assert found.web > port
    assert said == [f"Port {port} is taken: the pages will be at {found.web}."]
    assert free_ports(found)[1] == []


def test_two_that_want_the_same_port_do_not_get_it():
    found, _ = free_ports(Ports(web=18000, mailbox=18000, smtp=18000, simulator=18000))

    assert len({found.web, found.mailbox, found.smtp, found.simulator}) == 4


def test_secrets_are_made_once_and_are_for_their_owner(tmp_path):
    made = kept_secrets(tmp_path)

    assert kept_secrets(tmp_path) == made
    assert set(made) == {"SECRET_KEY", "VAULT_KEYS"}
    assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600


def test_the_demo_never_mails_nor_asks_a_carrier_for_real(tmp_path):
    given = {
        "EMAIL_URL": "smtp://real.example",
        "EMAIL_URL_FILE": "/run/secrets/email",
        "EMAIL_BACKEND": "anymail.backends.postmark.EmailBackend",
        "CARRIER_SIMULATOR_URL": "",
        "TWILIO_ACCOUNT_SID": "ACreal",
        "PATH": "/bin",
    }

    environment = for_children(given, secrets={"SECRET_KEY": "k"}, services={}, ports=PORTS, home=tmp_path)

    assert environment["EMAIL_URL"] == "smtp://127.0.0.1:11025"
    assert "EMAIL_URL_FILE" not in environment
    assert environment["EMAIL_BACKEND"] == ""
    assert environment["CARRIER_SIMULATOR_URL"] == "http://127.0.0.1:18090"
    assert environment["TWILIO_ACCOUNT_SID"] == "AC00000000000000000000000000000000"
    assert environment["PATH"] == "/bin"
    assert environment["SECRET_KEY"] == "k"


def test_a_key_that_was_given_is_kept(tmp_path):
    environment = for_children(
        {"SECRET_KEY": "given"}, secrets={"SECRET_KEY": "made"}, services={}, ports=PORTS, home=tmp_path
    )

    assert environment["SECRET_KEY"] == "given"


def test_a_reset_leaves_a_database_alone_that_is_not_the_demos(tmp_path):
    kept_secrets(tmp_path)
    answer = subprocess.run(
        [sys.executable, "-m", "config.demo", "--reset"],
        env={
            **os.environ,
            "DATA_DIR": str(tmp_path),
            "DATABASE_URL": "postgresql://somebody@elsewhere/theirs",
        },
        cwd=Path(__file__).parent.parent.parent,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert answer.returncode == 1
    assert "not the demo's own, so it is left alone" in answer.stderr
    assert json.loads((tmp_path / "secrets.json").read_text())["SECRET_KEY"]


def test_no_process_of_these_tests_outlives_them(tmp_path):
    child = runs(tmp_path).start()
    pid = child.pid

    child.stop(timeout_s=5)

    assert command_of(pid) is None
