"""A shop's configuration as YAML: written always the same way, read with the line of each thing. Pure.

Read from the parser's events: no tags, no anchors, no aliases, nothing that stands for more than it says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import yaml
from django.utils.translation import gettext as _

MOST_BYTES = 512 * 1024
MOST_NODES, MOST_DEPTH = 50_000, 10
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# What a block of lines can say as it is; anything else is put in quotes.
_AS_LINES = re.compile(
    r"[^\s\x85\u2028\u2029](?:[\n\x20-\x7e\xa0-\u2027\u2030-\ud7ff\U00010000-\U0010ffff])*"
)
_ODD = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]")


@dataclass(frozen=True, slots=True)
class Fault:
    """`line`: from 1; 0 where it is about no line in particular."""

    line: int
    said: str


class ConfigFileError(ValueError):
    """A file that cannot be the configuration of this shop, with all that is wrong in it."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("\n".join(f"{f.line}: {f.said}" if f.line else f.said for f in faults))
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class Node:
    """Something said in the file: one of `text`, `items`, `fields`. All None: nothing (`key:`)."""

    line: int
    text: str | None = None
    items: tuple[Node, ...] | None = None
    fields: Mapping[str, Node] | None = None


# --- Reading ---


def read(said: str) -> Node:
    """The file as a tree. Raises ConfigFileError."""
    if len(said.encode(errors="replace")) > MOST_BYTES:
        _refuse(0, _("The file is larger than %(most)s KB.") % {"most": MOST_BYTES // 1024})
    try:
        events = _counted(yaml.parse(said, Loader=LOADER))
        for event in events:
            if isinstance(event, yaml.StreamStartEvent | yaml.DocumentStartEvent):
                continue
            if isinstance(event, yaml.StreamEndEvent):
                return Node(1, fields={})
            tree = _node(event, events, 1)
            break
        next(events)  # the end of the document
        if not isinstance(after := next(events), yaml.StreamEndEvent):
            _refuse(_line(after), _("A file holds one document."))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        _refuse(mark.line + 1 if mark else 0, _("This is no YAML: %(why)s.") % {"why": error.problem or ""})
    except (yaml.YAMLError, UnicodeError):
        _refuse(0, _("This is no text."))
    return tree


def _counted(events: Iterator[Any]) -> Iterator[Any]:
    for count, event in enumerate(events):
        if count > MOST_NODES:
            _refuse(_line(event), _("There is too much in this file."))
        yield event


def _node(event: Any, events: Iterator[Any], depth: int) -> Node:
    line = _line(event)
    if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
        _refuse(line, _("Anchors and aliases (& and *) are not taken: write it out."))
    if getattr(event, "tag", None):
        _refuse(line, _("Tags (!) are not taken: write it plainly."))
    if depth > MOST_DEPTH:
        _refuse(line, _("This goes too deep."))
    if isinstance(event, yaml.ScalarEvent):
        is_nothing = event.implicit[0] and event.value in ("", "~", "null", "Null", "NULL")
        return Node(line, text=None if is_nothing else event.value)
    if isinstance(event, yaml.SequenceStartEvent):
        items = []
        while not isinstance(one := next(events), yaml.SequenceEndEvent):
            items.append(_node(one, events, depth + 1))
        return Node(line, items=tuple(items))
    fields: dict[str, Node] = {}
    while not isinstance(key := next(events), yaml.MappingEndEvent):
        name = _node(key, events, depth + 1)
        if name.text is None:
            _refuse(name.line, _("A name is expected here."))
        if name.text in fields:
            _refuse(name.line, _("“%(name)s” is said twice.") % {"name": name.text})
        fields[name.text] = _node(next(events), events, depth + 1)
    return Node(line, fields=fields)


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _refuse(line: int, said: str) -> NoReturn:
    raise ConfigFileError([Fault(line, said)])


class Reader:
    """Takes values out of the tree, and notes what is wrong with them."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def fault(self, node: Node, said: str) -> None:
        self.faults.append(Fault(node.line, said))

    def fields(self, node: Node, known: Sequence[str]) -> Mapping[str, Node]:
        """The named parts there are; others are faults."""
        if node.fields is None:
            if node.text is not None or node.items is not None:
                self.fault(node, _("Names and values are expected here, as in “name: value”."))
            return {}
        for name, part in node.fields.items():
            if name not in known:
                said = {"name": name, "known": ", ".join(known)}
                self.fault(part, _("“%(name)s” is not known here. There are: %(known)s.") % said)
        return {name: part for name, part in node.fields.items() if name in known}

    def items(self, node: Node | None) -> tuple[Node, ...]:
        if node is None or (node.items is None and node.text is None and node.fields is None):
            return ()
        if node.items is None:
            self.fault(node, _("A list is expected here, as in “- value”."))
            return ()
        return node.items

    def text(self, node: Node | None, default: str = "") -> str:
        if node is None:
            return default
        if node.items is not None or node.fields is not None:
            self.fault(node, _("A text is expected here."))
            return default
        return node.text or ""

    def number(self, node: Node | None, default: int = 0, *, least: int = 0, most: int = 1_000_000) -> int:
        if node is None:
            return default
        said = self.text(node)
        if not re.fullmatch(r"-?[0-9]{1,7}", said) or not least <= int(said) <= most:
            self.fault(node, _("A number from %(least)s to %(most)s.") % {"least": least, "most": most})
            return default
        return int(said)

    def toggle(self, node: Node | None, default: bool) -> bool:
        if node is None:
            return default
        said = self.text(node).casefold()
        if said not in ("true", "false", "yes", "no", "on", "off"):
            self.fault(node, _("Either true or false."))
            return default
        return said in ("true", "yes", "on")

    def texts(self, node: Node | None, known: Sequence[str] | None = None) -> dict[str, str]:
        """A text for each name, empty ones left out. `known`: the names there are; None: any."""
        if node is None:
            return {}
        names = known if known is not None else list(node.fields or ())
        return {
            name: said for name, part in self.fields(node, names).items() if (said := self.text(part)) != ""
        }


# --- Writing ---


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


class Flow(dict[str, Any]):
    """Written in one line: {es: Enviado, en: Shipped}."""


def _text(dumper: yaml.SafeDumper, said: str) -> yaml.ScalarNode:
    style = None
    if "\n" in said:
        plain = _AS_LINES.fullmatch(said) and not any(line != line.rstrip() for line in said.split("\n"))
        style = "|" if plain else '"'
    elif _ODD.search(said):
        style = '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", said, style=style)


_Dumper.add_representer(str, _text)
_Dumper.add_representer(
    Flow,
    lambda dumper, said: dumper.represent_mapping("tag:yaml.org,2002:map", said.items(), flow_style=True),
)


def write(value: Any, indent: int = 0) -> str:
    """Always the same for the same value; names in the order given."""
    said: str = yaml.dump(
        value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1_000_000, default_flow_style=False
    )
    return "".join(
        f"{' ' * indent}{line}" if line.strip() else line for line in said.splitlines(keepends=True)
    )


def comment(said: str, indent: int = 0) -> str:
    return "".join(
        f"{' ' * indent}# {line}\n" for line in _ODD.sub(" ", said.replace("\n", "\x00")).split("\x00")
    )
