"""A configuration read from the text of a file, with all that is wrong in it, and where. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from notifications import contents, rules
from notifications.conditions import SUBJECTS, Condition
from notifications.config_file import BOUNDS, SECTIONS, Config, Design, State, house
from notifications.config_text import ALERTS, FORMAT, HEAD, RULE, STATE
from notifications.config_yaml import ConfigFileError, Node, Reader, read
from notifications.contents import Content
from notifications.registry import CHANNELS
from tenants.models import LANGUAGES
from tracking.services.values import cleaned
from tracking.states import STATES


def from_text(text: str) -> Config:
    """Raises ConfigFileError with all that is wrong, and where."""
    lines: dict[str, int] = {}
    root, reader = read(text), Reader()
    parts = reader.fields(root, ("format", *SECTIONS))
    if reader.number(parts.get("format"), 0) != FORMAT and not reader.faults:
        reader.fault(parts.get("format", root), _("A file begins with “format: 1”."))

    def each(name: str, take: Any) -> Any:
        return _each(reader, parts.get(name), name, take, lines)

    config = Config(
        states=each("states", _state),
        rules=_unlike_the_house(each("rules", _Rules())),
        bounds=_bounds(reader, parts["bounds"], lines) if "bounds" in parts else None,
        alerts=_alerts(reader, parts["alerts"]) if "alerts" in parts else None,
        designs=each("designs", _design),
        lines=lines,
    )
    for name in parts:
        lines.setdefault(name, parts[name].line)
    if reader.faults:
        raise ConfigFileError(sorted(reader.faults, key=lambda fault: fault.line))
    return config


def _unlike_the_house(found: tuple[rules.Rule, ...] | None) -> tuple[rules.Rule, ...] | None:
    usual = house()
    return None if found is None else tuple(rule for rule in found if rule != usual.get(rule.key))


def _each(
    reader: Reader, node: Node | None, name: str, take: Any, lines: dict[str, int]
) -> tuple[Any, ...] | None:
    if node is None:
        return None
    found: dict[str, Any] = {}
    for item in reader.items(node):
        where, one = take(reader, item, lines)
        if where in found:
            reader.fault(item, _("“%(name)s” is said twice.") % {"name": where})
        found[where] = one
        lines[f"{name}/{where}"] = item.line
    return tuple(found.values())


def _needed(reader: Reader, node: Node, parts: Mapping[str, Node], name: str) -> str:
    said = reader.text(parts.get(name))
    if not said:
        reader.fault(node, _("“%(name)s” is missing.") % {"name": name})
    return said


def _state(reader: Reader, node: Node, lines: dict[str, int]) -> tuple[str, State]:
    parts = reader.fields(node, STATE)
    code = _needed(reader, node, parts, "code")
    labels = {
        language: cleaned(said) for language, said in reader.texts(parts.get("labels"), LANGUAGES).items()
    }
    stands_for = []
    for one in reader.items(parts.get("stands_for")):
        if (said := reader.text(one)) not in STATES:
            reader.fault(one, _("There is no state “%(state)s”.") % {"state": said})
        stands_for.append(said)
    return code, State(
        code,
        {language: said for language, said in labels.items() if said},
        tuple(dict.fromkeys(stands_for)),
        reader.toggle(parts.get("step"), True),
        reader.toggle(parts.get("visible"), True),
        reader.text(parts.get("icon")),
        reader.text(parts.get("colour")),
    )


class _Rules:
    """Reads rules; knows those of the house."""

    def __init__(self) -> None:
        self.house = house()

    def __call__(self, reader: Reader, node: Node, lines: dict[str, int]) -> tuple[str, rules.Rule]:
        parts = reader.fields(node, RULE)
        key = _needed(reader, node, parts, "key")
        base = self.house.get(key, rules.Rule(key, "", ""))
        if not base.of_the_house:
            for name in ("about", "channel", "enabled"):
                _needed(reader, node, parts, name)
            if not key.strip() or len(key) > 64:
                reader.fault(node, _("A key has 64 characters at most."))
        changed = {
            field: value
            for name, (field, take) in _TAKES.items()
            if name in parts and (value := take(reader, parts[name], getattr(base, field))) is not None
        }
        if "hours" in parts:
            changed["hours"] = _hours(reader, parts["hours"])
        return key, replace(base, **changed)


def _settings(reader: Reader, node: Node, _usual: Any) -> dict[str, int]:
    return {name: reader.number(part) for name, part in (node.fields or {}).items()}


def _conditions(reader: Reader, node: Node, _usual: Any) -> tuple[Condition, ...]:
    found = []
    for one in reader.items(node):
        parts = reader.fields(one, ("of", "is", "values"))
        said = {"of": reader.text(parts.get("of")), "is": reader.text(parts.get("is"))}
        values = [reader.text(value) for value in reader.items(parts.get("values"))]
        try:
            found.append(Condition.read(said | {"values": values}))
        except ValueError:
            names = {"names": ", ".join(SUBJECTS)}
            reader.fault(one, _("No condition: of (%(names)s), is, and values are needed.") % names)
    return tuple(found)


def _hours(reader: Reader, node: Node) -> tuple[int, int] | None:
    if node.text is None and node.items is None:
        return None
    said = reader.items(node)
    if len(said) != 2:
        reader.fault(node, _("Two hours, as in [9, 21]."))
        return None
    return reader.number(said[0], most=23), reader.number(said[1], most=24)


def _line_of(most: int) -> Any:
    def take(reader: Reader, node: Node, usual: str) -> str:
        said = reader.text(node)
        if len(said) > most or "\n" in said:
            reader.fault(node, _("One line of at most %(most)s characters.") % {"most": most})
            return usual
        return said

    return take


_TAKES: Mapping[str, tuple[str, Any]] = {
    "name": ("name", _line_of(80)),
    "about": ("occasion", _line_of(56)),
    "channel": ("channel", _line_of(8)),
    "enabled": ("enabled", Reader.toggle),
    "settings": ("settings", _settings),
    "if": ("conditions", _conditions),
    "sends": ("sends", Reader.toggle),
    "design": ("template", _line_of(64)),
    "delay_days": ("delay_days", lambda reader, node, _usual: reader.number(node, most=60)),
    "delay_minutes": ("delay_minutes", lambda reader, node, _usual: reader.number(node, most=60 * 24 * 60)),
    "essential": ("essential", Reader.toggle),
    "position": ("position", lambda reader, node, _usual: reader.number(node, least=-1_000_000)),
}


def _bounds(reader: Reader, node: Node, lines: dict[str, int]) -> dict[str, Any]:
    parts = reader.fields(node, tuple(BOUNDS))
    held: dict[str, Any] = {}
    for name, (kind, usual) in BOUNDS.items():
        part = parts.get(name)
        if part is not None:
            lines[f"bounds/{name}"] = part.line
        if kind is int:
            most = {"quiet_from": 23, "quiet_to": 23}.get(name, 365)
            held[name] = reader.number(part, int(str(usual)), most=most)
        elif kind is bool:
            held[name] = reader.toggle(part, bool(usual))
        elif kind is dict:
            held[name] = dict(sorted(reader.texts(part).items()))
        else:
            held[name] = reader.text(part, str(usual))
    return held


def _alerts(reader: Reader, node: Node) -> dict[str, Any]:
    parts = reader.fields(node, ALERTS)
    withheld = [reader.text(one) for one in reader.items(parts.get("withheld"))]
    for one in reader.items(parts.get("withheld")):
        if reader.text(one) not in rules.TELLABLE:
            reader.fault(one, _("There is no state “%(state)s”.") % {"state": reader.text(one)})
    kept = [state.value for state in rules.TELLABLE if state in withheld]
    return {"withheld": kept, "others": reader.toggle(parts.get("others"), True)}


def _design(reader: Reader, node: Node, lines: dict[str, int]) -> tuple[str, Design]:
    key, channel = (
        reader.text((node.fields or {}).get(name, Node(node.line))) for name in ("key", "channel")
    )
    if channel not in CHANNELS or not CHANNELS[channel].worded:
        reader.fault(node, _("There is no channel “%(channel)s”.") % {"channel": channel})
        return f"{key}:{channel}", Design(key, channel, {})
    shown: Sequence[contents.Field] = contents.HEAD
    if channel != "email":
        shown = contents.WHATSAPP if channel == "whatsapp" else contents.SHORT
    where = f"designs/{key}:{channel}"
    more = ("blocks",) if channel == "email" else ()
    parts = reader.fields(node, (*HEAD, *(field.name for field in shown), *more))
    _needed(reader, node, parts, "key")
    content: Content = {"format": contents.FORMAT} | _fields(reader, parts, shown, where, "", lines)
    if channel == "email":
        content["blocks"] = [
            block
            for item in reader.items(parts.get("blocks"))
            if (block := _block(reader, item, where, lines))
        ]
    name = _line_of(80)(reader, parts["name"], "") if "name" in parts else ""
    return f"{key}:{channel}", Design(key, channel, content, name)


def _block(reader: Reader, node: Node, where: str, lines: dict[str, int]) -> Content | None:
    kind = reader.text((node.fields or {}).get("kind", Node(node.line)))
    if kind not in contents.KINDS:
        known = {"kind": kind, "known": ", ".join(contents.KINDS)}
        reader.fault(node, _("There is no block “%(kind)s”. There are: %(known)s.") % known)
        return None
    shown = contents.KINDS[kind].fields
    parts = reader.fields(node, ("id", "kind", *(field.name for field in shown)))
    name = _needed(reader, node, parts, "id")
    lines[f"{where}/{name}"] = node.line
    return {"id": name, "kind": kind} | _fields(reader, parts, shown, where, name, lines)


def _fields(
    reader: Reader, parts: Mapping[str, Node], shown: Sequence[contents.Field], where: str, block: str,
    lines: dict[str, int],
) -> Content:  # fmt: skip
    found: Content = {}
    for field in shown:
        node = parts.get(field.name)
        if node is None:
            continue
        lines[f"{where}/{block}.{field.name}"] = node.line
        found[field.name] = _plain(reader, node, field)
    return found


def _plain(reader: Reader, node: Node, field: contents.Field) -> Any:
    if field.said:
        return reader.texts(node, LANGUAGES)
    if field.sort == "toggle":
        return reader.toggle(node, bool(field.default))
    if field.sort == "number":
        return reader.number(node)
    if node.items is not None:
        return [
            reader.texts(one, ("label", "url")) if one.fields is not None else reader.text(one)
            for one in node.items
        ]
    return reader.texts(node) if node.fields is not None else reader.text(node)
