"""What one version of a design says otherwise than another: blocks in, out and moved, texts word by word. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from django.utils.functional import Promise

from notifications.contents import HEAD, KINDS, SHORT, WHATSAPP, Content, Field

Words = tuple[tuple[str, str], ...]  # ("same" | "out" | "in", text)


@dataclass(frozen=True, slots=True)
class Difference:
    """`how`: added, removed, moved, changed. `words` of a text; of any other field `before` and `after`."""

    how: str
    block: str | Promise = ""  # what kind of block; empty: the head
    field: str | Promise = ""
    language: str = ""
    words: Words = ()


def differences(before: Content, after: Content) -> list[Difference]:
    """In the order of the newer one; what was taken out comes last."""
    found = _of_fields(before, after, (*HEAD, *WHATSAPP, *SHORT), "")
    old = {block["id"]: block for block in before.get("blocks", ())}
    new = {block["id"]: block for block in after.get("blocks", ())}
    gone_astray = _moved([i for i in old if i in new], [i for i in new if i in old])
    for name, block in new.items():
        kind = KINDS[block["kind"]]
        if name not in old or old[name]["kind"] != block["kind"]:
            found.append(Difference("added", kind.label, words=(("in", _gist(block)),)))
            continue
        if name in gone_astray:
            found.append(Difference("moved", kind.label))
        found += _of_fields(old[name], block, kind.fields, kind.label)
    for name, block in old.items():
        if name not in new or new[name]["kind"] != block["kind"]:
            found.append(Difference("removed", KINDS[block["kind"]].label, words=(("out", _gist(block)),)))
    return found


def _moved(before: Sequence[str], after: Sequence[str]) -> set[str]:
    """The fewest that have to move to make one order of the other."""
    stayed: set[str] = set()
    for match in SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks():
        stayed.update(before[match.a : match.a + match.size])
    return set(after) - stayed


def _of_fields(
    before: Mapping[str, Any], after: Mapping[str, Any], fields: Sequence[Field], block: str | Promise
) -> list[Difference]:
    found = []
    for field in {field.name: field for field in fields}.values():
        old, new = before.get(field.name), after.get(field.name)
        if old == new:
            continue
        if field.said:
            old, new = old or {}, new or {}
            found += [
                Difference("changed", block, field.label, language, words(old.get(language, ""), new.get(language, "")))
                for language in dict.fromkeys((*old, *new))
                if old.get(language, "") != new.get(language, "")
            ]  # fmt: skip
        else:
            said = tuple(
                (how, text) for how, text in (("out", _plain(old, field)), ("in", _plain(new, field))) if text
            )
            found.append(Difference("changed", block, field.label, words=said))
    return found


def words(before: str, after: str) -> Words:
    """Both texts in one, word by word."""
    old, new = _tokens(before), _tokens(after)
    said: list[tuple[str, str]] = []
    for how, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if how == "equal":
            said.append(("same", "".join(old[a:b])))
            continue
        if b > a:
            said.append(("out", "".join(old[a:b])))
        if d > c:
            said.append(("in", "".join(new[c:d])))
    return tuple(said)


def _tokens(text: str) -> list[str]:
    """Words and what stands between them; a variable is one word."""
    return [part for part in re.split(r"(\{\{.*?\}\}|\{%.*?%\}|\s+)", text) if part]


def _gist(block: Mapping[str, Any]) -> str:
    for name in ("title", "text", "label"):
        if block.get(name):
            return str(next(iter(block[name].values())))[:160]
    return ""


def _plain(value: Any, field: Field) -> str:
    if value in (None, "", [], {}):
        return ""
    if field.sort == "choice":
        return str(next((label for code, label in field.choices if code == value), value))
    if isinstance(value, bool):
        return "✓" if value else "–"
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {said}" for name, said in value.items())
    if isinstance(value, list):
        return ", ".join(
            f"{v.get('label')} {v.get('url')}" if isinstance(v, Mapping) else str(v) for v in value
        )
    return str(value)
