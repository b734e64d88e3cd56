"""Compiles what is newer than what was compiled."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from babel.messages.pofile import PoFileError
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config import translations


class Command(BaseCommand):
    help = "Compile the translations that changed; GNU gettext is not needed."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        for locale in settings.LOCALE_PATHS:
            for po in translations.stale(Path(locale)):
                try:
                    translations.compile_files([po])
                except PoFileError as error:
                    raise CommandError(f"{po}: {error}") from error
                self.stdout.write(f"{po.relative_to(locale)}")
