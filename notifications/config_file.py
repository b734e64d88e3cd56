"""What a shop's configuration file holds, and how two of them differ. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from notifications import contents, rules
from notifications.contents import Content
from notifications.differing import Difference, Words, differences, words
from notifications.registry import CHANNELS

SECTIONS: Mapping[str, str | Promise] = {
    "states": gettext_lazy("States"),
    "rules": gettext_lazy("Rules"),
    "bounds": gettext_lazy("Bounds"),
    "alerts": gettext_lazy("What customers may choose"),
    "designs": gettext_lazy("Designs"),
}
BOUNDS: Mapping[str, tuple[type, object]] = {
    "most_a_day": (int, 6),
    "quiet_from": (int, 21),
    "quiet_to": (int, 9),
    "counts_opens": (bool, True),
    "counts_clicks": (bool, True),
    "sale_days": (int, 7),
    "sms_prices": (dict, {}),
    "sms_currency": (str, "EUR"),
    "marketing": (dict, {}),
}


@dataclass(frozen=True, slots=True)
class State:
    """A state of the shop's own, as tracking.models.ShopState."""

    code: str
    labels: Mapping[str, str]
    stands_for: tuple[str, ...]
    step: bool = True
    visible: bool = True
    icon: str = ""
    colour: str = ""


@dataclass(frozen=True, slots=True)
class Design:
    """What is sent under a key on a channel. Pictures by digest, coupons by name."""

    key: str
    channel: str
    content: Content
    name: str = ""

    @property
    def code(self) -> str:
        return f"{self.key} · {self.channel}"


@dataclass(frozen=True, slots=True)
class Config:
    """None: the file says nothing of it, and it stays as it is. `lines`: where things stand, for complaints."""

    states: tuple[State, ...] | None = None
    rules: tuple[rules.Rule, ...] | None = None  # only those that are not just as the house has them
    bounds: Mapping[str, Any] | None = None
    alerts: Mapping[str, Any] | None = None
    designs: tuple[Design, ...] | None = None
    lines: Mapping[str, int] = field(default_factory=dict, compare=False)


def tidied(content: Content, channel: str, languages: Iterable[str]) -> Content:
    """Fields in the order of the catalogue, texts in these languages only: the same design is always written the same."""
    shown = tuple(languages)
    head: Sequence[contents.Field] = contents.HEAD
    if channel != "email":
        head = contents.WHATSAPP if channel == "whatsapp" else contents.SHORT
    kept: Content = {"format": contents.FORMAT} | _tidied(content, head, shown)
    if channel == "email":
        kept["blocks"] = [
            {"id": block["id"], "kind": block["kind"]}
            | _tidied(block, contents.KINDS[block["kind"]].fields, shown)
            for block in content.get("blocks", ())
            if block.get("kind") in contents.KINDS
        ]
    return kept


def _tidied(
    said: Mapping[str, Any], known: Sequence[contents.Field], languages: Sequence[str]
) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for one in known:
        value = said.get(one.name)
        if one.said and isinstance(value, Mapping):
            value = {language: value[language] for language in languages if value.get(language)}
        if value not in (None, "", {}):
            kept[one.name] = value
    return kept


def by_name(content: Content, names: Mapping[str, str]) -> Content:
    """Coupons by name: their numbers mean nothing elsewhere."""
    for block in content.get("blocks", ()):
        if block.get("coupon"):
            block["coupon"] = names.get(str(block["coupon"]), "")
            if not block["coupon"]:
                del block["coupon"]
    return content


def speaks(content: Content) -> bool:
    return any(texts for _where, texts in contents.texts_of(content))


def pictures_in(design: Design) -> Iterator[str]:
    for block in design.content.get("blocks", ()):
        for one in contents.KINDS[block["kind"]].fields:
            if one.sort == "picture" and block.get(one.name):
                yield str(block[one.name])


# --- How two differ ---


@dataclass(frozen=True, slots=True)
class Detail:
    """`words`: both texts in one, word by word."""

    label: str
    words: Words


@dataclass(frozen=True, slots=True)
class Change:
    """`how`: added, removed, changed, moved."""

    section: str
    how: str
    what: str
    details: tuple[Detail, ...] = ()


def diff(before: Config, after: Config) -> list[Change]:
    """What has to change to make `after` of `before`; nothing of parts that `after` leaves out."""
    found: list[Change] = []
    if after.states is not None:
        found += _of_states(before.states or (), after.states)
    if after.rules is not None:
        old, new = ({r.key: r for r in of.rules or ()} for of in (before, after))
        usual = {key: rule for key, rule in house().items() if key in old or key in new}
        old, new = usual | old, usual | new
        found += _of_named("rules", old, new, _rule_fields, _rule_name)
    for section, was, said in (
        ("bounds", before.bounds, after.bounds),
        ("alerts", before.alerts, after.alerts),
    ):
        if said is not None and (details := _of_fields(_shown(was or {}), _shown(said))):
            found.append(Change(section, "changed", "", details))
    if after.designs is not None:
        found += _of_designs(before.designs or (), after.designs)
    return found


def _of_named(
    section: str, old: Mapping[str, Any], new: Mapping[str, Any], said: Any, name: Any
) -> list[Change]:
    found = []
    for key, one in new.items():
        if key not in old:
            found.append(Change(section, "added", name(one), _of_fields({}, said(one))))
        elif details := _of_fields(said(old[key]), said(one)):
            found.append(Change(section, "changed", name(one), details))
    return found + [Change(section, "removed", name(one)) for key, one in old.items() if key not in new]


def _of_states(before: Sequence[State], after: Sequence[State]) -> list[Change]:
    old, new = {s.code: s for s in before}, {s.code: s for s in after}
    found = _of_named("states", old, new, _state_fields, lambda s: s.code)
    was, now = [c for c in old if c in new], [c for c in new if c in old]
    if was != now:
        found.append(
            Change(
                "states",
                "moved",
                pgettext("sequence", "Order"),
                (Detail("", words(" → ".join(was), " → ".join(now))),),
            )
        )
    return found


def _of_designs(before: Sequence[Design], after: Sequence[Design]) -> list[Change]:
    old, new = {(d.key, d.channel): d for d in before}, {(d.key, d.channel): d for d in after}
    found = []
    for key, design in new.items():
        if key not in old:
            found.append(
                Change("designs", "added", design.code, _told(differences({"blocks": []}, design.content)))
            )
        elif details := (
            *_of_fields(_named(old[key].name), _named(design.name)),
            *_told(differences(old[key].content, design.content)),
        ):
            found.append(Change("designs", "changed", design.code, details))
    return found + [Change("designs", "removed", d.code) for key, d in old.items() if key not in new]


def _named(name: str) -> dict[str, str]:
    return {"name": name} if name else {}


def _told(found: Iterable[Difference]) -> tuple[Detail, ...]:
    how = {"added": _("added"), "removed": _("removed"), "moved": _("moved")}
    return tuple(
        Detail(
            " · ".join(
                str(part) for part in (one.block, one.field, one.language, how.get(one.how, "")) if part
            ),
            one.words,
        )
        for one in found
    )


def _of_fields(old: Mapping[str, str], new: Mapping[str, str]) -> tuple[Detail, ...]:
    return tuple(
        Detail(name, words(old.get(name, ""), new.get(name, "")))
        for name in dict.fromkeys((*old, *new))
        if old.get(name, "") != new.get(name, "")
    )


def _state_fields(state: State) -> dict[str, str]:
    return {
        **{f"labels.{language}": label for language, label in state.labels.items()},
        **_shown(
            {name: getattr(state, name) for name in ("stands_for", "step", "visible", "icon", "colour")}
        ),
    }


def _rule_name(rule: rules.Rule) -> str:
    return f"{rule.name} ({rule.key})" if rule.name else rule.key


def _rule_fields(rule: rules.Rule) -> dict[str, str]:
    told = {name: value for name, value in rule_said(rule, rules.Rule("", "", "")).items() if name != "key"}
    if rule.of_the_house:
        told.pop("position", None)
    return {"enabled": "true" if rule.enabled else "false"} | _shown(told)


def _shown(said: Mapping[str, Any]) -> dict[str, str]:
    """Values as they stand in the file."""
    return {name: _value(value) for name, value in said.items() if value not in (None, "", [], (), {})}


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {_value(one)}" for name, one in sorted(value.items()))
    if isinstance(value, list | tuple):
        return ", ".join(_value(one) for one in value)
    return str(value)


# --- Rules as they stand in the file ---


def rule_said(rule: rules.Rule, base: rules.Rule) -> dict[str, Any]:
    """The fields that are not as in `base`, by their names in the file."""
    told: dict[str, Any] = {
        "name": rule.name,
        "about": rule.occasion,
        "channel": rule.channel,
        "enabled": rule.enabled,
        "settings": dict(sorted(rule.settings.items())),
        "if": [condition.as_json() for condition in rule.conditions],
        "sends": rule.sends,
        "design": rule.template,
        "delay_days": rule.delay_days,
        "delay_minutes": rule.delay_minutes,
        "hours": list(rule.hours) if rule.hours else None,
        "essential": rule.essential,
        "position": rule.position,
    }
    usual = {f.name: getattr(base, f.name) for f in fields(rules.Rule)}
    usual |= {"about": base.occasion, "design": base.template}
    usual |= {"settings": dict(sorted(base.settings.items())), "if": [c.as_json() for c in base.conditions]}
    usual["hours"] = list(base.hours) if base.hours else None
    return {"key": rule.key} | {name: value for name, value in told.items() if value != usual[name]}


def house() -> dict[str, rules.Rule]:
    """The rules a shop begins with, as a file would say them."""
    return {rule.key: bare(rule) for rule in rules.of_the_house(CHANNELS)}


def bare(rule: rules.Rule) -> rules.Rule:
    """What of a rule a file can say: not since when it is on, nor where the house puts its own."""
    return replace(rule, enabled_at=None, position=1_000_000 if rule.of_the_house else rule.position)
