"""A configuration's text: what is written is read back exactly, and what is wrong is told with its line."""

import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifications import contents
from notifications.conditions import Condition
from notifications.config_file import BOUNDS, Config, Design, State, diff, house, tidied
from notifications.config_read import from_text
from notifications.config_text import to_text
from notifications.config_yaml import MOST_BYTES, ConfigFileError, Node, read, write
from notifications.registry import CHANNELS
from notifications.rules import TELLABLE, Rule
from tenants.models import LANGUAGES
from tracking.services.values import cleaned
from tracking.states import OrderState

# Anything the database can hold: no NUL, no half of a pair.
texts = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), min_size=1, max_size=60)
awkward = st.sampled_from(
    [
        "no", "~", "null", "1e3", "10:30", "2026-01-01", "=", "<<", "- a", "a: b", "#x", "&a *a !b", "'\"", "{{ order.number }}",
        "{% if a %}\nb\n{% endif %}", "a\n\n b\n", "\n", " a", "a \nb", "\tx", "a\r\nb", "\u2028", "x\x85y", "🎁", "%", "|", ">",
    ]
)  # fmt: skip
said = st.one_of(texts, awkward)
lines = said.map(cleaned).filter(bool)
codes = st.from_regex(r"[a-z][a-z0-9_]{0,11}", fullmatch=True)
by_language = st.dictionaries(st.sampled_from(LANGUAGES), said, min_size=1)


def values_of(field):
    if field.said:
        return by_language
    if field.sort == "toggle":
        return st.booleans()
    if field.sort == "number":
        return st.integers(0, 200)
    if field.sort == "skus":
        return st.lists(said, min_size=1, max_size=3)
    if field.name == "variables":
        return st.dictionaries(st.integers(1, 9).map(str), said, min_size=1)
    if field.sort == "links":
        return st.lists(st.fixed_dictionaries({"label": said, "url": said}), min_size=1, max_size=2)
    return said


def with_fields(fields):
    return st.fixed_dictionaries({}, optional={field.name: values_of(field) for field in fields})


blocks = st.sampled_from(sorted(contents.KINDS)).flatmap(
    lambda kind: st.tuples(codes, with_fields(contents.KINDS[kind].fields)).map(
        lambda made: {"id": made[0], "kind": kind} | made[1]
    )
)


@st.composite
def designs(draw):
    channel = draw(st.sampled_from([c.code for c in CHANNELS.values() if c.worded]))
    fields = {"email": contents.HEAD, "whatsapp": contents.WHATSAPP}.get(channel, contents.SHORT)
    content = draw(with_fields(fields))
    if channel == "email":
        content["blocks"] = draw(st.lists(blocks, max_size=4, unique_by=lambda b: b["id"]))
    return Design(draw(codes), channel, tidied(content, channel, LANGUAGES), draw(lines)[:80])


states = st.builds(
    State, codes, st.dictionaries(st.sampled_from(LANGUAGES), lines),
    st.lists(st.sampled_from([s.value for s in OrderState]), unique=True).map(tuple), st.booleans(), st.booleans(), codes,
    st.sampled_from(["", "#1d5fa8"]),
)  # fmt: skip
hours = st.none() | st.tuples(st.integers(0, 23), st.integers(0, 24))
conditions = st.lists(
    st.builds(
        Condition, st.just("tag"), st.sampled_from(["in", "not_in"]), st.lists(said, min_size=1).map(tuple)
    ),
    max_size=2,
).map(tuple)
changed = st.fixed_dictionaries({
    "enabled": st.booleans(), "settings": st.dictionaries(codes, st.integers(0, 999)), "conditions": conditions,
    "sends": st.booleans(), "delay_minutes": st.integers(0, 999), "delay_days": st.integers(0, 60), "hours": hours,
    "essential": st.booleans(), "name": lines.map(lambda t: t[:80]), "template": codes,
})  # fmt: skip
own_rules = st.builds(
    lambda key, fields, position: replace(Rule(f"own-{key}", "shipped", "email"), **fields, position=position),
    codes, changed, st.integers(-999, 999),
)  # fmt: skip
house_rules = st.builds(
    lambda key, fields: replace(house()[key], **fields), st.sampled_from(sorted(house())), changed
)
bounds = st.fixed_dictionaries({
    "most_a_day": st.integers(0, 99), "quiet_from": st.integers(0, 23), "quiet_to": st.integers(0, 23),
    "counts_opens": st.booleans(), "counts_clicks": st.booleans(), "sale_days": st.integers(0, 99),
    "sms_prices": st.dictionaries(st.sampled_from(["", "ES", "NO"]), st.just("0.075")).map(lambda d: dict(sorted(d.items()))),
    "sms_currency": st.sampled_from(["EUR", "BRL"]), "marketing": st.just({"*": "asked"}),
})  # fmt: skip
alerts = st.fixed_dictionaries({
    "withheld": st.sets(st.sampled_from(TELLABLE)).map(lambda s: [t.value for t in TELLABLE if t in s]), "others": st.booleans()
})  # fmt: skip
configs = st.builds(
    Config,
    st.none() | st.lists(states, max_size=3, unique_by=lambda s: s.code).map(tuple),
    st.none() | st.lists(own_rules | house_rules, max_size=4, unique_by=lambda r: r.key).map(tuple),
    st.none() | bounds,
    st.none() | alerts,
    st.none() | st.lists(designs(), max_size=3, unique_by=lambda d: (d.key, d.channel)).map(tuple),
)


@settings(max_examples=150, deadline=None)
@given(configs)
def test_what_is_written_is_read_back_exactly_and_written_the_same(config):
    text = to_text(config, "Of a shop")
    again = from_text(text)
    assert again == config
    assert to_text(again, "Of a shop") == text
    assert diff(config, again) == []


@given(said | st.lists(said) | st.dictionaries(said, said))
def test_any_text_survives_the_file(value):
    node = read(write({"value": value})).fields["value"]
    assert _plain(node) == value


def _plain(node: Node):
    if node.items is not None:
        return [_plain(one) for one in node.items]
    return {name: _plain(one) for name, one in node.fields.items()} if node.fields is not None else node.text


def faults(text):
    with pytest.raises(ConfigFileError) as refused:
        from_text(text)
    return [(fault.line, fault.said) for fault in refused.value.faults]


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("format: 1\nrules:\n  - key: shipped:email\n    enabled: perhaps\n", 4, "true or false"),
        ("format: 1\nrules:\n  - enabled: true\n", 3, "“key” is missing"),
        ("format: 1\nrules:\n  - key: mine\n    about: shipped\n    enabled: true\n", 3, "“channel” is missing"),
        ("format: 1\nrules:\n  - {key: 'shipped:email'}\n  - {key: 'shipped:email'}\n", 4, "said twice"),
        ("format: 1\nrules:\n  - {key: 'shipped:email', if: [{of: moon, is: in, values: [1]}]}\n", 3, "No condition"),
        ("format: 1\nrules:\n  - key: shipped:email\n    hours: [9]\n", 4, "Two hours"),
        ("format: 1\nstates:\n  - code: a\n    stands_for: [flying]\n", 4, "There is no state “flying”"),
        ("format: 1\nstates:\n  - code: a\n    labels: {xx: Hola}\n", 4, "“xx” is not known here"),
        ("format: 1\ndesigns:\n  - {key: shipped, channel: pigeon}\n", 3, "no channel “pigeon”"),
        ("format: 1\ndesigns:\n  - key: shipped\n    channel: email\n    blocks:\n      - {id: a, kind: fire}\n", 6, "“fire”"),
        ("format: 1\nbounds:\n  quiet_from: 24\n", 3, "from 0 to 23"),
        ("format: 1\nbounds: 7\n", 2, "Names and values"),
        ("format: 2\n", 1, "begins with “format: 1”"),
        ("states: []\n", 1, "begins with “format: 1”"),
        ("", 1, "begins with “format: 1”"),
        ("format: 1\nsecrets: {}\n", 2, "“secrets” is not known here"),
        ("format: 1\nformat: 1\n", 2, "said twice"),
        ("format: 1\nstates: &a []\nrules: *a\n", 2, "Anchors and aliases"),
        ("format: 1\nrules: !!python/object/apply:os.system [ls]\n", 2, "Tags"),
        ("format: 1\nrules: [\n", 3, "no YAML"),
        ("format: 1\n---\nformat: 1\n", 2, "one document"),
        ("format: 1\nrules: " + "[" * 30 + "]" * 30, 2, "too deep"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_line(text, line, word):
    told = faults(text)
    assert told[0][0] == line, told
    assert word in told[0][1]


def test_all_that_is_wrong_is_told_at_once():
    told = faults(
        "format: 1\nbounds:\n  sale_days: x\n  most_a_day: -1\nalerts: {others: 7, withheld: [moon]}\n"
    )
    assert [line for line, _said in told] == [3, 4, 5, 5]


def test_a_file_that_would_take_long_is_refused_soon():
    laughs = (
        "format: 1\n"
        + "a0: &a0 [x]\n"
        + "".join(f"a{n}: &a{n} [*a{n - 1},*a{n - 1}]\n" for n in range(1, 40))
    )
    began = time.perf_counter()
    assert faults(laughs) == [(2, "Anchors and aliases (& and *) are not taken: write it out.")]
    assert faults("x" * (MOST_BYTES + 1))[0][0] == 0
    assert "too much" in faults("format: 1\nrules: [" + "0," * 60_000 + "]")[0][1]
    assert faults("\x00")[0][1]
    assert time.perf_counter() - began < 2


def test_a_part_left_out_says_nothing_and_an_empty_one_says_none():
    assert from_text("format: 1\n").rules is None
    assert from_text("format: 1\nrules:\n").rules == ()
    assert from_text("format: 1\nbounds:\n").bounds == {
        name: usual for name, (_kind, usual) in BOUNDS.items()
    }


def test_of_a_rule_of_the_house_only_what_differs_is_said():
    rule = house()["shipped:email"]
    assert rule.enabled
    text = to_text(Config(rules=(replace(rule, enabled=False),)), "x")
    assert "  - key: shipped:email\n    enabled: false\n" in text
    assert "about" not in text
