"""Merchants' words, filled in: Liquid over plain values, with nothing in reach but those."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from liquid import Environment
from liquid.exceptions import LiquidError
from liquid.template import BoundTemplate

MOST_SOURCE = 64 * 1024  # characters
# `safe` undoes the escaping; the rest make much of little, or reach for files.
UNWANTED_FILTERS = (
    "safe",
    "base64_decode",
    "base64_url_safe_decode",
    "replace",
    "replace_first",
    "replace_last",
    "sort",
)
UNWANTED_TAGS = ("include", "render", "tablerow", "macro", "call", "extends", "block")


class WordsError(ValueError):
    """A merchant's words cannot be filled in; says why."""


class _Limited(Environment):
    context_depth_limit = 8
    loop_iteration_limit = 1_000
    local_namespace_limit = 64 * 1024
    output_stream_limit = 256 * 1024


@lru_cache(maxsize=2)
def _environment(escape: bool) -> Environment:
    made = _Limited(autoescape=escape)
    for name in UNWANTED_FILTERS:
        made.filters.pop(name, None)
    for name in UNWANTED_TAGS:
        made.tags.pop(name, None)
    return made


@lru_cache(maxsize=4096)
def _parsed(source: str, escape: bool) -> BoundTemplate:
    if len(source) > MOST_SOURCE:
        raise WordsError("The text is longer than 64 KB.")
    if ".." in source and ("{%" in source or "{{" in source):
        _refuse_ranges(source)
    try:
        return _environment(escape).from_string(source)
    except LiquidError as error:
        raise WordsError(str(error)) from error


def _refuse_ranges(source: str) -> None:
    """A range is written out in memory before any limit sees it: (1..100000000) takes gigabytes."""
    for inside in re.findall(r"\{[{%](.*?)[%}]\}", source, re.DOTALL):
        if re.search(r"\(\s*[^()]*\.\.", inside):
            raise WordsError("Ranges such as (1..10) cannot be used here.")


def fill(source: str, values: Mapping[str, Any], *, html: bool) -> str:
    """`source` with `values` put in; escaped where it is to be HTML. Raises WordsError."""
    try:
        return str(_parsed(source, html).render(**values))
    except LiquidError as error:
        raise WordsError(str(error)) from error
    except RecursionError as error:
        raise WordsError("The text is nested too deeply.") from error


def unknown_variables(source: str, known: Mapping[str, Any]) -> list[str]:
    """The variables used in `source` that no message has. Raises WordsError where it does not parse."""
    analysis = _parsed(source, False).analyze()
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
