"""What need be read only once while many of a shop's rows are worked on together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from django.db.models import Model

P = ParamSpec("P")
R = TypeVar("R")

_known: ContextVar[dict[Any, Any] | None] = ContextVar("remembered", default=None)


@contextmanager
def remembering() -> Iterator[None]:
    """In here a `remembered` function is asked once for the same arguments. One transaction, not longer: what
    changed since is not seen."""
    reset = _known.set({})
    try:
        yield
    finally:
        _known.reset(reset)


def remembered(ask: Callable[P, R]) -> Callable[P, R]:
    """Outside of `remembering` it is asked every time. Rows among the arguments count by their key."""

    @wraps(ask)
    def asked(*args: P.args, **kwargs: P.kwargs) -> R:
        known = _known.get()
        if known is None:
            return ask(*args, **kwargs)
        told = [*args, *(pair for pair in sorted(kwargs.items()))]
        key = (ask, *(one.pk if isinstance(one, Model) else one for one in told))
        if key not in known:
            known[key] = ask(*args, **kwargs)
        found: R = known[key]
        return found

    return asked
