"""What can be done to a design: a block put in, moved, doubled, taken out, written in one language. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from notifications.contents import KINDS, Content, Field

TELLS = frozenset({"headline", "progress", "button", "text", "pickup", "parcels"})  # what a message is for


def empty(channel: str) -> Content:
    """A design to start from nothing. A mail says whose it is, and how to get no more of them."""
    if channel != "email":
        return {"format": 1}
    return {"format": 1, "blocks": [{"id": "logo", "kind": "logo"}, {"id": "footer", "kind": "footer"}]}


def block_of(content: Content, block_id: str) -> dict[str, Any] | None:
    found: dict[str, Any] | None = next((b for b in content.get("blocks", ()) if b["id"] == block_id), None)
    return found


def can_add(content: Content, kind: str) -> bool:
    return not (KINDS[kind].once and any(b["kind"] == kind for b in content.get("blocks", ())))


def added(
    content: Content, kind: str, at: int | None, said: Mapping[str, Any] | None = None
) -> tuple[Content, str]:
    """With a block of `kind`, and its id. Without a place it goes last, above the footer."""
    changed = deepcopy(content)
    blocks = changed.setdefault("blocks", [])
    if at is None:
        at = len(blocks) - (1 if blocks and blocks[-1]["kind"] == "footer" else 0)
    name = _free_id(blocks, kind)
    fields = {field.name: field.default for field in KINDS[kind].fields if field.default != ""}
    blocks.insert(max(0, at), {"id": name, "kind": kind, **fields, **(said or {})})
    return changed, name


def moved(content: Content, block_id: str, to: int) -> Content:
    """With the block in place `to`, counted without it; beyond an end it stays at that end."""
    changed = deepcopy(content)
    blocks = changed.get("blocks", [])
    block = block_of(changed, block_id)
    if block is not None:
        blocks.remove(block)
        blocks.insert(max(0, min(to, len(blocks))), block)
    return changed


def stepped(content: Content, block_id: str, by: int) -> Content:
    return moved(content, block_id, max(0, place_of(content, block_id) + by))


def below_the_news(content: Content, block_id: str) -> Content:
    """With the block under the last one that says what the message is about."""
    blocks = content.get("blocks", [])
    last = max((n for n, b in enumerate(blocks) if b["kind"] in TELLS), default=0)
    return moved(content, block_id, last)


def doubled(content: Content, block_id: str) -> tuple[Content, str]:
    """With a copy right below, and its id. Of what goes in once there is no second."""
    block = block_of(content, block_id)
    if block is None or KINDS[block["kind"]].once:
        return content, block_id
    changed = deepcopy(content)
    name = _free_id(changed["blocks"], block["kind"])
    changed["blocks"].insert(place_of(content, block_id) + 1, deepcopy(block) | {"id": name})
    return changed, name


def without(content: Content, block_id: str) -> Content:
    changed = deepcopy(content)
    changed["blocks"] = [b for b in changed.get("blocks", []) if b["id"] != block_id]
    return changed


def place_of(content: Content, block_id: str) -> int:
    return next((n for n, b in enumerate(content.get("blocks", [])) if b["id"] == block_id), 0)


def written(
    content: Content, block_id: str, fields: tuple[Field, ...], said: Mapping[str, Any], language: str
) -> Content:
    """With these values in the block, or in the head for ""; texts in one language, the others stay."""
    changed = deepcopy(content)
    holder = block_of(changed, block_id) if block_id else changed
    if holder is None:
        return changed
    for field in fields:
        if field.name not in said:
            continue
        if field.said:
            texts = {**(holder.get(field.name) or {}), language: said[field.name]}
            holder[field.name] = {code: text for code, text in texts.items() if text}
        else:
            holder[field.name] = said[field.name]
    return changed


def _free_id(blocks: list[dict[str, Any]], kind: str) -> str:
    taken = {block["id"] for block in blocks}
    return next(name for n in range(1, 1000) if (name := kind if n == 1 else f"{kind}-{n}") not in taken)
