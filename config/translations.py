"""Compiles translations, so that no machine needs GNU gettext for it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po


def stale(locale: Path) -> list[Path]:
    """The `.po` files below `locale` that are newer than their `.mo`, or have none."""
    sources = sorted(locale.glob("*/LC_MESSAGES/*.po"))
    return [
        po
        for po in sources
        if not _compiled(po).exists() or _compiled(po).stat().st_mtime < po.stat().st_mtime
    ]


def compile_files(sources: Iterable[Path]) -> None:
    """Write each one's `.mo`, whole or not at all. Raises PoFileError for a file that cannot be read.

    Fuzzy entries are left out: a guess is not a translation.
    """
    for po in sources:
        with po.open("rb") as file:
            catalog = read_po(file, locale=po.parent.parent.name, abort_invalid=True)
        unfinished = po.with_suffix(".mo.new")
        with unfinished.open("wb") as file:
            write_mo(file, catalog)
        unfinished.replace(_compiled(po))


def _compiled(po: Path) -> Path:
    return po.with_suffix(".mo")
