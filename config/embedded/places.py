"""Where an embedded server may live: reachable by its user, sockets short enough, nobody else inside."""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

# sockaddr_un holds 108 bytes on Linux, 104 on macOS, and PostgreSQL appends "/.s.PGSQL.5432.lock".
LONGEST_SOCKET_DIR = 80


class ServiceError(RuntimeError):
    """PostgreSQL or Redis cannot be had. The message says what to do, for a person at a terminal."""


@dataclass(frozen=True, slots=True)
class Account:
    """The system user a server runs as. `uid` None: the one we are."""

    uid: int | None = None
    gid: int | None = None

    @property
    def owner(self) -> int:
        return os.getuid() if self.uid is None else self.uid

    def may_enter(self, path: Path) -> bool:
        return self._can(["/bin/sh", "-c", 'cd "$1"', "sh", str(path)])

    def may_run(self, binary: Path) -> bool:
        return self._can([str(binary), "--version"])

    def take(self, path: Path) -> None:
        """Make `path` this user's, closed to all others."""
        if self.uid is not None:
            os.chown(path, self.uid, -1 if self.gid is None else self.gid)
        path.chmod(0o700)

    def _can(self, argv: list[str]) -> bool:
        try:
            asked = subprocess.run(
                argv,
                user=self.uid,
                group=self.gid,
                extra_groups=None if self.uid is None else [],
                cwd="/",
                capture_output=True,
            )
        except OSError:
            return False
        return asked.returncode == 0


def account_for_postgres() -> Account:
    """PostgreSQL refuses to run as root: then it runs as `nobody`."""
    if os.geteuid() != 0:
        return Account()
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise ServiceError(
            "PostgreSQL will not run as root, and this machine has no user `nobody` to run it as. "
            "Run as an ordinary user, or set DATABASE_URL."
        ) from None
    return Account(nobody.pw_uid, nobody.pw_gid)


def mark_of(home: Path) -> str:
    """A short name for `home`, the same every time."""
    return hashlib.sha256(str(home.resolve()).encode()).hexdigest()[:10]


def home_for(account: Account, home: Path) -> Path:
    """`home`, or a place of its own where `account` cannot reach it (a checkout under /root).

    Never loosens the rights of a directory above.
    """
    home.mkdir(parents=True, exist_ok=True)
    if account.uid is None or account.may_enter(home):
        return home
    return elsewhere(home)


def elsewhere(home: Path) -> Path:
    parent = Path("/var/lib") if Path("/var/lib").is_dir() else Path("/var/tmp")  # noqa: S108  survives a reboot
    place = parent / f"rastro-{mark_of(home)}"
    place.mkdir(mode=0o755, exist_ok=True)
    if place.is_symlink() or place.stat().st_uid != os.getuid():
        raise ServiceError(
            f"{place} belongs to somebody else. Move the project elsewhere, or set DATABASE_URL."
        )
    place.chmod(0o755)
    return place


def socket_dir(account: Account, home: Path, kind: str) -> Path:
    """A short private directory for sockets, the same every time, so that a restart changes no address."""
    place = Path(tempfile.gettempdir()) / f"rastro-{mark_of(home)}-{kind}"
    if len(str(place)) > LONGEST_SOCKET_DIR:
        place = Path("/tmp") / place.name  # noqa: S108  the name is checked below
    try:
        place.mkdir(mode=0o700)
    except FileExistsError:
        there = place.lstat()
        ours = {os.getuid(), account.owner}
        if place.is_symlink() or not place.is_dir() or there.st_uid not in ours:
            raise ServiceError(
                f"{place} belongs to somebody else. Set TMPDIR to a directory of your own."
            ) from None
    account.take(place)
    return place


def remove_all_of(home: Path, *, keep: str = "") -> None:
    """Delete `home`, but for the file called `keep`, and what was put elsewhere for it.

    Only when nothing runs there.
    """
    name = f"rastro-{mark_of(home)}"
    ours = {os.getuid(), account_for_postgres().owner}
    for place in (
        *(path for path in home.iterdir() if path.name != keep),
        Path("/var/lib") / name,
        Path("/var/tmp") / name,  # noqa: S108
        *Path(tempfile.gettempdir()).glob(f"{name}-*"),
        *Path("/tmp").glob(f"{name}-*"),  # noqa: S108
    ):
        if not place.exists() or place.lstat().st_uid not in ours:
            continue
        if place.is_dir() and not place.is_symlink():
            shutil.rmtree(place)
        else:
            place.unlink()
    if not keep:
        home.rmdir()
