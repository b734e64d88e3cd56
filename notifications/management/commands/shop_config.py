"""`manage.py shop_config export|diff|apply|rollback SLUG [FILE]`: a shop's configuration as a file, by an operator or in CI."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from notifications.config_file import SECTIONS, Change
from notifications.config_yaml import MOST_BYTES, ConfigFileError
from notifications.models import ConfigChange
from notifications.services.config_file import Outcome, apply, export, preview, roll_back
from tenants.isolation import shop_context
from tenants.models import Shop
from tenants.services import SYSTEM

SAME, DIFFERS, WRONG = 0, 1, 2  # what the shell is told
SIGNS = {"added": "+", "removed": "-", "changed": "~", "moved": "~"}


class Command(BaseCommand):
    help = (
        "A shop's states, rules and designs as one file. diff ends with 0 where the file says what the shop has, 1 where "
        "something differs; 2 is a file that cannot be brought in."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("action", choices=("export", "diff", "apply", "rollback"))
        parser.add_argument("slug", help="the shop, as in its address")
        parser.add_argument(
            "file", nargs="?", default="-", help="the file; - or nothing: standard input, or output"
        )
        parser.add_argument(
            "--to", type=int, metavar="CHANGE", help="rollback: before which change; else the latest"
        )
        parser.add_argument("--note", default="", help="apply: why, for the history")

    def handle(self, *args: Any, **options: Any) -> None:
        shop = Shop.objects.filter(slug=options["slug"]).first()
        if shop is None:
            raise CommandError(f"There is no shop “{options['slug']}”.", returncode=WRONG)
        try:
            with shop_context(shop.pk):
                status = getattr(self, f"_{options['action']}")(shop, options)
        except ConfigFileError as error:
            name = options["file"] if options["file"] != "-" else "stdin"
            told = "\n".join(
                f"{name}:{fault.line}: {fault.said}" if fault.line else f"{name}: {fault.said}"
                for fault in error.faults
            )
            raise CommandError(told, returncode=WRONG) from error
        except OSError as error:
            raise CommandError(str(error), returncode=WRONG) from error
        if status:
            sys.exit(status)

    def _export(self, shop: Shop, options: dict[str, Any]) -> int:
        text = export(shop)
        if options["file"] == "-":
            self.stdout.write(text, ending="")
        else:
            Path(options["file"]).write_text(text, encoding="utf-8")
        return SAME

    def _diff(self, shop: Shop, options: dict[str, Any]) -> int:
        found = preview(shop=shop, text=_text(options["file"]), by=SYSTEM, now=timezone.now())
        self._tell(found)
        return DIFFERS if found.changes else SAME

    def _apply(self, shop: Shop, options: dict[str, Any]) -> int:
        found = apply(
            shop=shop, text=_text(options["file"]), by=SYSTEM, now=timezone.now(), note=options["note"]
        )
        self._tell(found)
        if found.change:
            self.stdout.write(
                f"Brought in. Back with: shop_config rollback {shop.slug} --to {found.change.pk}"
            )
        return SAME

    def _rollback(self, shop: Shop, options: dict[str, Any]) -> int:
        changes = ConfigChange.objects.for_shop(shop).order_by("-at", "-pk")
        change = changes.filter(pk=options["to"]).first() if options["to"] else changes.first()
        if change is None:
            raise CommandError("There is no such change to go back before.", returncode=WRONG)
        self._tell(roll_back(shop=shop, change=change, by=SYSTEM, now=timezone.now()))
        return SAME

    def _tell(self, found: Outcome) -> None:
        for change in found.changes:
            self.stdout.write(_line(change))
            for detail in change.details:
                out = "".join(text for how, text in detail.words if how != "in")
                new = "".join(text for how, text in detail.words if how != "out")
                self.stdout.write(f"    {detail.label}: {out!r} → {new!r}")
        for note in found.notes:
            self.stderr.write(f"! {note}")
        if not found.changes:
            self.stdout.write("Nothing differs.")


def _line(change: Change) -> str:
    return f"{SIGNS[change.how]} {SECTIONS[change.section]}{': ' if change.what else ''}{change.what}"


def _text(name: str) -> str:
    data = sys.stdin.buffer.read(MOST_BYTES + 1) if name == "-" else Path(name).read_bytes()[: MOST_BYTES + 1]
    return data.decode("utf-8-sig", errors="replace")
