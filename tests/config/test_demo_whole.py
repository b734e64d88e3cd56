"""The whole demo, as a visitor meets it: one command, and everything is there and moves."""

import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
from itertools import pairwise
from pathlib import Path

import psutil
import pytest
import requests

from config.children import wait_until
from config.embedded.places import remove_all_of

BASE = Path(__file__).resolve().parent.parent.parent
MACHINE = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "LANG") if name in os.environ}

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


class Running:
    """`make demo`, without the installing before it."""

    def __init__(self, home):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "config.demo"],
            cwd=BASE,
            env={**MACHINE, "DATA_DIR": str(home)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.said = ""
        threading.Thread(target=self._listen, daemon=True).start()
        wait_until(
            lambda: "Ready after" in self.said or self.process.poll() is not None, timeout_s=120, every_s=0.2
        )
        assert "Ready after" in self.said, self.said

    def _listen(self):
        for line in self.process.stdout:
            self.said += line

    def family(self):
        return psutil.Process(self.process.pid).children(recursive=True)

    def end(self, number):
        """Returns its exit code, once every process it started has ended too."""
        family = self.family()
        self.process.send_signal(number)
        code = self.process.wait(60)
        _, alive = psutil.wait_procs(family, timeout=30)
        assert alive == []
        return code


@pytest.fixture
def home():
    place = Path(tempfile.mkdtemp(prefix="rastro-demo-"))
    place.chmod(0o711)  # run by root, PostgreSQL is another user
    yield place
    remove_all_of(place)


@pytest.fixture
def start(home):
    started = []

    def start():
        started.append(Running(home))
        return started[-1]

    yield start
    for running in started:
        if running.process.poll() is None:
            running.end(signal.SIGTERM)


def get(url):
    answer = requests.get(url, timeout=20)
    assert answer.status_code == 200, url
    return answer.text


def pages(said):
    return re.findall(r"(http://\S+/t/\S+)\n\s+.*?, order (\S+):", said)


def placed_as_told(said):
    """Do what the `curl` line does; return the page of the order it makes."""
    line = re.search(r"curl .*?\n\s+-d '.*?'\n", said, re.DOTALL)[0]
    words = shlex.split(line.replace("\\\n", " "))
    headers = dict(word.split(": ", 1) for before, word in pairwise(words) if before == "-H")
    answer = requests.post(words[3], data=words[-1].encode(), headers=headers, timeout=20)
    assert answer.status_code == 201, answer.text
    return answer.json()["page_url"]


def test_one_command_shows_everything_and_it_goes_on_after_a_kill(start):
    first = start()

    shown = pages(first.said)
    assert len(shown) >= 6
    for url, number in shown:
        assert number in get(url), url
    assert "Everything the demo sends" in get(re.search(r"mails it sends\s+(\S+)", first.said)[1])
    assert get(re.search(r"carriers\s+(http\S+)", first.said)[1])
    assert get(re.search(r"API's pages\s+(\S+)", first.said)[1])
    names = {" ".join(process.cmdline()) for process in first.family()}
    for word in (
        "gunicorn",
        "worker",
        "beat",
        "carriers.simulator",
        "config.demo.mailbox",
        "postgres",
        "valkey",
    ):
        assert any(word in name for name in names), word

    page = placed_as_told(first.said)
    assert "Taza" in get(page)
    mailbox = re.search(r"mails it sends\s+(\S+)", first.said)[1]
    assert wait_until(lambda: "ana@correo.example" in get(mailbox), timeout_s=120, every_s=1), (
        "its parcel moves"
    )
    assert wait_until(lambda: get(mailbox).count("<strong>") >= 3, timeout_s=120, every_s=1), (
        "mails arrive by themselves"
    )

    key = re.search(r"Bearer (\S+?)'", first.said)[1]
    first.end(signal.SIGKILL)
    second = start()

    assert key in second.said, "the same data"
    settled = {
        number for _, number in shown[4:]
    }  # the parcels on their way, and the van's, are new each time
    assert settled <= {number for _, number in pages(second.said)}
    mailbox = re.search(r"mails it sends\s+(\S+)", second.said)[1]
    assert get(mailbox).count("<strong>") >= 3
    assert second.end(signal.SIGINT) == 0
    assert "Stopped. `make demo` goes on from here." in second.said
