"""What is done once a write is committed: pages rendered anew, whoever announces transitions woken."""

from __future__ import annotations

from collections.abc import Collection

from django.db import transaction

from tracking import pages
from tracking.signals import moved


def after_commit(*, changed: Collection[str] = (), has_moved: bool = False) -> None:
    """Once this transaction is committed, have the pages of these token hashes rendered anew, and say that
    transitions were written. Lost, it costs a moment: pages and sweeps find out by themselves."""
    if changed:
        transaction.on_commit(lambda: pages.forget(changed), robust=True)
    if has_moved:
        transaction.on_commit(_say_moved, robust=True)


def _say_moved() -> None:
    moved.send_robust(sender=None)
