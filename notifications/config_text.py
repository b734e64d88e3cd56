"""A configuration as the text of a file, and read from one. Pure."""

from __future__ import annotations

from typing import Any

from notifications import rules
from notifications.config_file import BOUNDS, Config, Design, State, house, rule_said
from notifications.config_yaml import Flow, comment, write
from tenants.models import LANGUAGES

FORMAT = 1
ABOUT = {
    "states": "What the shop calls the states of its orders, in order. stands_for: which states of an order each shows.",
    "rules": "When, if, then. Only rules that are not just as the house has them; of those only what is different.\n"
    "Left out: back to the rule of the house; the shop's own are removed. Lowest position wins.",
    "bounds": "What holds for all messages. Hours are the recipient's.",
    "alerts": "What customers may choose for themselves. withheld: states not offered to them.",
    "designs": "What messages say, as published. Left out: back to the words of the house. Pictures go by digest,\n"
    "coupons by name: both have to be in the shop.",
}
STATE = ("code", "labels", "stands_for", "step", "visible", "icon", "colour")
RULE = (
    "key", "name", "about", "channel", "enabled", "settings", "if", "sends", "design", "delay_days", "delay_minutes",
    "hours", "essential", "position",
)  # fmt: skip
ALERTS = ("withheld", "others")
HEAD = ("key", "channel", "name")


# --- Writing ---


def to_text(config: Config, about: str) -> str:
    """The whole file. `about`: a line on whose it is."""
    parts = [
        comment(about),
        comment("A part left out of a file stays as it is in the shop; what a part leaves out is removed."),
        write({"format": FORMAT}),
    ]
    if config.states is not None:
        parts += ["\n", comment(ABOUT["states"]), _listed("states", map(_state_said, config.states))]
    if config.rules is not None:
        usual = house()
        said = (rule_said(r, usual.get(r.key, _nothing(r))) for r in config.rules)
        parts += ["\n", comment(ABOUT["rules"]), _listed("rules", map(_rule_flow, said))]
    for name, held, order in (("bounds", config.bounds, BOUNDS), ("alerts", config.alerts, ALERTS)):
        if held is not None:
            flowing = {key: Flow(said) if isinstance(said := held[key], dict) else said for key in order}
            parts += ["\n", comment(ABOUT[name]), write({name: flowing})]
    if config.designs is not None:
        parts += ["\n", comment(ABOUT["designs"]), _listed("designs", map(_design_said, config.designs))]
    return "".join(parts)


def _nothing(rule: rules.Rule) -> rules.Rule:
    """What is not said of a rule of the shop's own: always said are what it is about, its channel, and whether it is on."""
    return rules.Rule(rule.key, "", "", enabled=not rule.enabled)


def _listed(name: str, said: Any) -> str:
    items = list(said)
    return write({name: items}) if items else f"{name}: []\n"


def _state_said(state: State) -> dict[str, Any]:
    labels = {code: state.labels[code] for code in LANGUAGES if code in state.labels}
    said: dict[str, Any] = {
        "code": state.code, "labels": Flow(labels), "stands_for": list(state.stands_for),
        "step": state.step, "visible": state.visible,
    }  # fmt: skip
    return (
        said
        | ({"icon": state.icon} if state.icon else {})
        | ({"colour": state.colour} if state.colour else {})
    )


def _rule_flow(said: dict[str, Any]) -> dict[str, Any]:
    if "if" in said:
        said["if"] = [Flow(condition) for condition in said["if"]]
    if "settings" in said:
        said["settings"] = Flow(said["settings"])
    return said


def _design_said(design: Design) -> dict[str, Any]:
    head = {"key": design.key, "channel": design.channel} | ({"name": design.name} if design.name else {})
    return head | {name: value for name, value in design.content.items() if name != "format"}
