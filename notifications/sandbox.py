"""Merchants' words, filled in: Liquid over plain values, with nothing in reach but those. No Django.

What a merchant writes is always filled in as text, and escaped as a whole afterwards; pages, which are ours, are filled
in with escaping on. Limits hold in the process that sends; what nobody has looked at yet is tried in another one
(`notifications.trying`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache, wraps
from typing import Any

from liquid import Environment
from liquid.exceptions import LiquidError
from liquid.template import BoundTemplate

MOST_SOURCE = 16 * 1024  # characters of one text
MOST_TAGS = 1_000
_SIGNS = re.compile(r"\{\{|\{%|\}\}|%\}")
MOST_PAGE = 512 * 1024  # of a page of ours
MOST_MADE = 32 * 1024  # characters that one filter, or a whole text, may come to
MOST_DIGITS = 256  # bits of a number
TAGS = frozenset(
    ("if", "unless", "case", "for", "assign", "capture", "comment", "break", "continue", "cycle", "#")
)
# The parser's own, behind what is written.
INNER = frozenset({"content", "output", "illegal"})
# Of Liquid's filters, those that make little of little.
FILTERS = frozenset(
    (
        "abs", "append", "at_least", "at_most", "capitalize", "ceil", "default", "divided_by", "downcase", "first", "floor",
        "join", "last", "lstrip", "map", "minus", "modulo", "plus", "prepend", "remove", "remove_first", "round", "rstrip",
        "size", "slice", "squish", "strip", "strip_newlines", "times", "truncate", "truncatewords", "upcase", "url_encode",
    )
)  # fmt: skip


class WordsError(ValueError):
    """A merchant's words cannot be filled in; says why."""


class _Limited(Environment):
    context_depth_limit = 8
    loop_iteration_limit = 1_000
    local_namespace_limit = 64 * 1024
    output_stream_limit = MOST_MADE


class _OfOurPages(Environment):
    context_depth_limit = 8
    loop_iteration_limit = 20_000
    output_stream_limit = 1024 * 1024


def _capped(of: Callable[..., Any]) -> Callable[..., Any]:
    """A filter that makes neither a long text nor a long number: what follows it takes no longer than it did."""

    @wraps(of)
    def capped(*args: Any, **kwargs: Any) -> Any:
        made = of(*args, **kwargs)
        if isinstance(made, str | list) and len(made) > MOST_MADE:
            raise WordsError("The text comes to too much.")
        if isinstance(made, int) and made.bit_length() > MOST_DIGITS:
            raise WordsError("The number is too large.")
        return made

    return capped


@lru_cache(maxsize=1)
def _for_merchants() -> Environment:
    made = _Limited()
    # Of classes too, so that a filter still gets the context it asks for.
    made.filters = {name: _capped(made.filters[name]) for name in FILTERS}
    made.tags = {name: tag for name, tag in made.tags.items() if name in TAGS | INNER}
    return made


@lru_cache(maxsize=1)
def _for_pages() -> Environment:
    return _OfOurPages(autoescape=True)


@lru_cache(maxsize=8192)
def _parsed(source: str) -> BoundTemplate:
    if len(source) > MOST_SOURCE:
        raise WordsError("The text is longer than 16 KB.")
    _refuse_unclosed(source)
    if ".." in source and ("{%" in source or "{{" in source):
        _refuse_ranges(source)
    try:
        return _for_merchants().from_string(source)
    except LiquidError as error:
        raise WordsError(str(error)) from error
    except RecursionError as error:
        raise WordsError("The text is nested too deeply.") from error


@lru_cache(maxsize=2048)
def _page(source: str) -> BoundTemplate:
    return _for_pages().from_string(source[:MOST_PAGE])


def _refuse_unclosed(source: str) -> None:
    """The parser looks for the end of each from where it begins: a thousand without an end take it half a minute."""
    is_open, many = False, 0
    for sign in _SIGNS.findall(source):
        opens = sign[0] == "{"
        if opens and (is_open or (many := many + 1) > MOST_TAGS):
            raise WordsError("A {{ or {% is not closed.")
        is_open = opens
    if is_open:
        raise WordsError("A {{ or {% is not closed.")


def _refuse_ranges(source: str) -> None:
    """A range is written out in memory before any limit sees it: (1..100000000) takes gigabytes."""
    at = source.find("..")
    while at >= 0:
        opened = max(source.rfind("{{", 0, at), source.rfind("{%", 0, at))
        closed = max(source.rfind("}}", 0, at), source.rfind("%}", 0, at))
        if opened > closed and "(" in source[opened:at]:
            raise WordsError("Ranges such as (1..10) cannot be used here.")
        at = source.find("..", at + 2)


def fill(source: str, values: Mapping[str, Any]) -> str:
    """`source` with `values` put in, as text: nothing in it is escaped. Raises WordsError."""
    if "{" not in source:
        return source
    try:
        return str(_parsed(source).render(**values))
    except WordsError:
        raise
    except RecursionError as error:
        raise WordsError("The text is nested too deeply.") from error
    except Exception as error:  # whatever a filter makes of what it was given
        raise WordsError(str(error) or type(error).__name__) from error


def fill_page(source: str, values: Mapping[str, Any]) -> str:
    """A page of ours with `values` put in, escaped. Raises WordsError."""
    try:
        return str(_page(source).render(**values))
    except LiquidError as error:
        raise WordsError(str(error)) from error


def unknown_variables(source: str, known: Mapping[str, Any]) -> list[str]:
    """The variables used in `source` that no message has. Raises WordsError where it does not parse."""
    try:
        analysis = _parsed(source).analyze()
    except RecursionError as error:
        raise WordsError("The text is nested too deeply.") from error
    missing = []
    for spans in analysis.globals.values():
        for variable in spans:
            path = [str(part) for part in variable.segments]
            if not _has(known, path):
                missing.append(".".join(path))
    return sorted(set(missing))


def _has(known: Any, path: list[str]) -> bool:
    for part in path:
        if part in ("first", "last", "size"):
            return True
        if isinstance(known, list):
            known = known[0] if known else {}
            if part.isdigit():
                continue
        if not isinstance(known, Mapping) or part not in known:
            return False
        known = known[part]
    return True
