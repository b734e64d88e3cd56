"""`make demo`: makes what is missing, starts everything, says where to look, and stops it all on Ctrl-C."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import FrameType

import environ

from config import services, translations
from config.children import Child, wait_until
from config.demo import processes, welcome
from config.demo.environment import HOST, Ports, for_children, free_ports, kept_secrets
from config.demo.progress import answers, is_open, say, step
from config.demo.watch import DemoError, Watch
from config.embedded.places import ServiceError, remove_all_of
from config.embedded.postgres import Postgres, end_left_over

BASE = Path(__file__).resolve().parent.parent.parent
USUAL_PORTS = Ports(web=8000, mailbox=8025, smtp=1025, simulator=8090)
SIMULATED_SPEED = 750  # a parcel from label to door, 28.5 hours, in some 140 seconds
SERVERS, STAND_INS, OURS = range(3)  # stopped from the last to the first
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(BaseException):
    """Somebody wants the demo to end."""


class Demo:
    def __init__(self, home: Path) -> None:
        self.home = home
        self.watch = Watch(say)
        self.environment: dict[str, str] = {}
        self._stopping = False

    def run(self) -> int:
        for ending in ENDINGS:
            signal.signal(ending, self._on_signal)
        try:
            with services.claimed(self.home):
                try:
                    self._start()
                    self._stay()
                finally:
                    self._stopping = True
                    self._stop()
        except Stopped:
            print("Stopped. `make demo` goes on from here.", flush=True)
            return 0
        except (ServiceError, DemoError) as error:
            print(f"\n{error}", file=sys.stderr)
            return 1
        return 0

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self._stopping:
            self.watch.hurry = True
        else:
            self._stopping = True
            raise Stopped

    def _start(self) -> None:
        began = time.monotonic()
        print("Rastro demo", flush=True)
        for log in (self.home / "log").glob("*.log"):
            log.replace(log.with_suffix(".log.old"))
        secrets = kept_secrets(self.home)
        named = self._start_services(os.environ.get("SECRET_KEY") or secrets["SECRET_KEY"])
        ports, said = free_ports(USUAL_PORTS)
        for line in said:
            say(line)
        self.environment = for_children(
            os.environ, secrets=secrets, services=named, ports=ports, home=self.home
        )
        self._start_stand_ins(ports)
        self._prepare()
        # While the shops are filled; what is not committed yet, nobody works on.
        self._start_processes()
        with step("Carrier simulator and mailbox"):
            self._until(lambda: is_open(ports.simulator), "simulator")
            self._until(lambda: answers(ports.mailbox, "/"), "mailbox")
        with step("Three shops and their orders"):
            self._once("seed", [sys.executable, "manage.py", "seed_demo"], timeout_s=300)
        with step("Web, worker and beat"):
            self._until(lambda: answers(ports.web, "/readyz"), "web")
            self._until(lambda: answers(ports.web, "/healthz/worker"), "worker")
        van = {"told": self.home / "welcome.json", "site": f"http://{HOST}:{ports.web}"}
        self._run("van", _module("config.demo.driver", van))
        services.publish(self.home, self.environment)
        print(self._welcome(ports), flush=True)
        say(f"Ready after {time.monotonic() - began:.1f} s. Logs are in {self.home / 'log'}.")

    def _start_services(self, secret: str) -> dict[str, str]:
        with step("PostgreSQL") as done:
            named, postgres = services.database(self.home, environ=os.environ, secret=secret)
            if postgres:
                self.watch.adopt(postgres.start, postgres.child, stage=SERVERS, vital=True, stop_after_s=30)
            done(f"PostgreSQL {postgres.version}, embedded" if postgres else "PostgreSQL of DATABASE_URL")
        with step("Redis") as done:
            named["REDIS_URL"], valkey = services.broker(self.home, environ=os.environ)
            if valkey:
                self.watch.adopt(valkey.start, valkey.child, stage=SERVERS, vital=True)
            done("Valkey, embedded" if valkey else "Redis of REDIS_URL")
        return named

    def _start_stand_ins(self, ports: Ports) -> None:
        """What stands in for the carriers and for the world's mailboxes."""
        simulator = {
            "port": ports.simulator,
            "state": self.home / "simulator.sqlite3",
            "speed": SIMULATED_SPEED,
        }
        mailbox = {
            "port": ports.mailbox,
            "smtp-port": ports.smtp,
            "directory": self.home / "mailbox",
            "told": self.home / "welcome.json",
            "site": f"http://{HOST}:{ports.web}",
        }
        self._run("simulator", _module("carriers.simulator", simulator), stage=STAND_INS)
        self._run("mailbox", _module("config.demo.mailbox", mailbox), stage=STAND_INS)

    def _prepare(self) -> None:
        if stale := translations.stale(BASE / "locale"):
            with step("Translations"):
                translations.compile_files(stale)
        collecting = self._child("static", self._argv(processes.STATIC)) if _static_is_stale() else None
        if collecting:
            collecting.start()
        try:
            with step("Database prepared and migrated"):
                self._once("prepare", self._argv(processes.PREPARE), timeout_s=300)
            if collecting:
                with step("Static files"):
                    self._finish(collecting, timeout_s=300)
        finally:
            if collecting:
                collecting.stop(timeout_s=0)

    def _start_processes(self) -> None:
        self._run("web", self._argv(processes.WEB), vital=True, stop_after_s=25)
        self._run("streams", self._argv(processes.STREAMS))
        self._run("worker", self._argv(processes.WORKER), stop_after_s=25)
        self._run("beat", self._argv(processes.BEAT))

    def _stay(self) -> None:
        while True:
            time.sleep(0.5)
            self.watch.look()

    def _stop(self) -> None:
        if self.watch.all:
            print("\nStopping.", flush=True)
            self.watch.stop()

    def _welcome(self, ports: Ports) -> str:
        told = json.loads((self.home / "welcome.json").read_text())
        return welcome.text(told, environment=self.environment, mailbox=f"http://{HOST}:{ports.mailbox}/")

    def _run(
        self, name: str, argv: list[str], *, stage: int = OURS, vital: bool = False, stop_after_s: float = 10
    ) -> None:
        self.watch.start(self._child(name, argv).start, stage=stage, vital=vital, stop_after_s=stop_after_s)

    def _once(self, name: str, argv: list[str], *, timeout_s: float) -> None:
        child = self._child(name, argv)
        child.start()
        try:
            self._finish(child, timeout_s=timeout_s)
        finally:
            child.stop(timeout_s=5)

    def _finish(self, child: Child, *, timeout_s: float) -> None:
        if not wait_until(lambda: not child.alive, timeout_s=timeout_s):
            raise DemoError(f"{child.name} was not done after {timeout_s:.0f} s. Its log is {child.log}.")
        if child.exit_code:
            raise DemoError(f"{child.name} failed. The end of {child.log}:\n{child.last_words(20)}")

    def _until(self, ready: Callable[[], bool], name: str, *, timeout_s: float = 60) -> None:
        """Wait for a process that was started; one that dies meanwhile ends the demo at once."""
        child = next(watched.child for watched in self.watch.all if watched.child.name == name)
        wait_until(lambda: ready() or not child.alive, timeout_s=timeout_s, every_s=0.25)
        if not child.alive or not ready():
            why = "stopped" if not child.alive else f"did not answer within {timeout_s:.0f} s"
            raise DemoError(f"{name} {why}. The end of {child.log}:\n{child.last_words(20)}")

    def _child(self, name: str, argv: Sequence[str]) -> Child:
        return Child(name, argv, self.home / "log" / f"{name}.log", env=self.environment, cwd=BASE)

    def _argv(self, command: tuple[str, ...]) -> list[str]:
        """With the programs of this virtual environment."""
        program, *rest = processes.argv(command, data=self.home)
        return [str(Path(sys.executable).parent / program), *rest]


def reset(home: Path) -> None:
    """Delete what the demo made. Raises ServiceError while it runs."""
    with services.claimed(home):
        if environ.FileAwareEnv().str("DATABASE_URL", default=""):
            raise ServiceError(
                "DATABASE_URL names a database that is not the demo's own, so it is left alone. Empty it yourself, "
                "or unset DATABASE_URL to use the embedded one."
            )
        end_left_over(Postgres(home, home / "log" / "postgres.log").data)
        remove_all_of(home, keep="lock")


def _module(name: str, options: Mapping[str, object]) -> list[str]:
    return [sys.executable, "-m", name, *(f"--{option}={value}" for option, value in options.items())]


def _static_is_stale() -> bool:
    """Whether a source of static files is newer than what was collected."""
    collected = BASE / "staticfiles" / "staticfiles.json"
    if not collected.exists():
        return True
    sources = [
        BASE / "requirements" / "base.txt",
        BASE / "config" / "settings.py",
        *(BASE / "static").rglob("*"),
    ]
    return max(source.stat().st_mtime for source in sources) > collected.stat().st_mtime


def main() -> int:
    options = argparse.ArgumentParser(prog="python -m config.demo", description=__doc__)
    options.add_argument("--reset", action="store_true", help="delete the demo's data first")
    asked = options.parse_args()
    environ.Env.read_env(BASE / ".env")
    home = Path(os.environ.get("DATA_DIR") or BASE / ".data").resolve()
    if asked.reset:
        try:
            reset(home)
        except ServiceError as error:
            print(error, file=sys.stderr)
            return 1
    return Demo(home).run()


if __name__ == "__main__":
    sys.exit(main())
