"""Makes the roles and the database, and migrates."""

from __future__ import annotations

import os
from typing import Any

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from environ.fileaware_mapping import FileAwareMapping

from config.database import APP, DISPATCH, OWNER, prepare

ALIASES = {APP: "default", OWNER: "owner", DISPATCH: "dispatch"}


class Command(BaseCommand):
    help = (
        "Create the three roles and the database where they are missing (with DATABASE_ADMIN_URL, a login that may), "
        "then migrate. Safe to repeat; run it before each new version serves."
    )
    requires_system_checks = ()  # they would ask the database that may not be there yet

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--no-migrate", action="store_true", help="leave the database empty, for a restore"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        admin = FileAwareMapping(env=os.environ).get("DATABASE_ADMIN_URL", "").strip()
        if admin:
            self._prepare(admin)
        if not options["no_migrate"]:
            call_command("migrate", database="owner", verbosity=options["verbosity"])

    def _prepare(self, admin: str) -> None:
        names = {settings.DATABASES[alias]["NAME"] for alias in ALIASES.values()}
        if len(names) != 1:
            raise CommandError(f"The three addresses name different databases: {', '.join(sorted(names))}.")
        for role, alias in ALIASES.items():
            if _login(alias)[0] != role:
                raise CommandError(f"The address of the `{alias}` database must log in as {role}.")
        passwords = {role: _login(alias)[1] for role, alias in ALIASES.items()}
        try:
            prepare(admin, database=names.pop(), passwords=passwords)
        except psycopg.Error as error:
            raise CommandError(f"DATABASE_ADMIN_URL could not prepare the database: {error}") from error


def _login(alias: str) -> tuple[str, str]:
    """User and password; of a socket's address they stand among the options."""
    config = settings.DATABASES[alias]
    options = config.get("OPTIONS", {})
    return config["USER"] or options.get("user", ""), config["PASSWORD"] or options.get("password", "")
