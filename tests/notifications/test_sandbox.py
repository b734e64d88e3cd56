"""A merchant's words can do no harm: what would is refused, or comes to little, soon and in little memory."""

import resource
import sys
import time
from pathlib import Path

import pytest

from notifications import sandbox, trying

VALUES = {
    "order": {"number": "1042", "parcels": 2},
    "customer": {"name": "Ana"},
    "parcels": [{"carrier": "DHL"}] * 3,
    "lines": [{"title": "x" * 200}] * 400,
}
LONG = "a" * 4000
ATTACKS = [
    "{% for i in (1..100000000) %}x{% endfor %}",
    "{% assign a = (1..100000000) | sort %}{{ a }}",
    "{% assign n = 100000000 %}{% for i in (1..n) %}x{% endfor %}",
    "{{ (1..100000000) | join: ',' }}",
    "{%- for i in ( 1 .. 100000000 ) -%}x{%- endfor -%}",
    "{% assign a = 'aaaaaaaaaaaaaaaa' %}" + "{% assign a = a | append: a %}" * 40 + "{{ a }}",
    "{% capture a %}" + LONG + "{% endcapture %}{{ a" + " | append: a" * 900 + " }}",
    "{% capture a %}" + LONG + "{% endcapture %}{{ a" + " | prepend: a" * 800 + " }}",
    "{% for a in lines %}{% for b in lines %}{% for c in lines %}x{% endfor %}{% endfor %}{% endfor %}",
    "{% capture a %}{% for b in lines %}xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx{% endfor %}{% endcapture %}" * 40,
    "{% for a in lines %}{{ lines }}{% endfor %}",
    "{% for a in lines %}{{ lines | map: 'title' | join: '" + LONG + "' }}{% endfor %}",
    "{{ lines | map: 'title' | join: '" + LONG + "' }}",
    "{{ 'a' | replace: '', 'bbbbbbbbbbbbbbbbbbbb' }}",
    "{{ 'a'" + " | replace: 'a', 'aaaaaaaaaa'" * 12 + " }}",
    "{{ '" + LONG + "' | split: '' | join: '" + LONG + "' }}",
    "{{ lines | concat: lines | concat: lines }}",
    "{{ lines | sort: 'title' | uniq }}",
    "{{ 9" + " | times: 99999999999999999999" * 400 + " }}",
    "{{ 1 | plus: " + "9" * 8000 + " }}",
    "{{ 10 | divided_by: 0 }}",
    "{{ '1e99999999' | times: '1e99999999' | floor }}",
    "{{ 1.5 | round: 999999999999 }}",
    "{{ 'a' | truncate: 99999999999999999999 }}",
    "{{ 'a' | slice: 0, 999999999999999999999999 }}",
    "{{ 'now' | date: '%999999999d' }}",
    "{{ 'a' | safe }}",
    "{{ 'PGI+' | base64_decode }}",
    "{{ '%3Cb%3E' | url_decode }}",
    "{{ '&' " + "| escape " * 1500 + "}}",
    "{{ '" + LONG + "'" + " | url_encode" * 300 + " }}",
    "{% include '/etc/passwd' %}",
    "{% render '/etc/passwd' %}",
    "{% extends 'a' %}",
    "{% macro a %}{% call a %}{% endmacro %}",
    "{% liquid assign a = 1 %}",
    "{% tablerow a in lines cols: 1 %}x{% endtablerow %}",
    "{% increment a %}{% decrement b %}",
    "{% if a %}" * 1500,
    "{% case a %}" * 1200,
    "{% case 1 %}{% when 1 %}",
    "{% if " + "a and " * 2000 + "a %}x{% endif %}",
    "{{ a" + "[0]" * 4000 + " }}",
    "{{ a" + ".b" * 6000 + " }}",
    "{{ " + "(" * 5000 + " }}",
    "{{ a",
    "{% if %}",
    "{{ '" + "'" * 5001 + " }}",
    "{%" * 8000,
    "{{" * 8000,
    "x" * 20_000,
    "{% assign a = lines %}{% for i in a %}{% assign a = a | compact %}{{ a | size }}{% endfor %}",
]  # fmt: skip


def _grown_mb(before: int) -> float:
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024


@pytest.mark.parametrize("attack", ATTACKS, ids=range(len(ATTACKS)))
def test_words_that_would_do_harm_are_refused_or_come_to_little_at_once(attack):
    memory, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    try:
        made = sandbox.fill(attack, VALUES)
    except sandbox.WordsError:
        made = ""
    assert len(made) <= 2 * sandbox.MOST_MADE
    assert time.monotonic() - began < 2
    assert _grown_mb(memory) < 50


def test_all_of_them_are_tried_in_another_process_without_harm_to_this_one():
    memory, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    pool = trying.Pool()
    found = pool.try_all([(attack, {}) for attack in ATTACKS[:10]], VALUES)
    pool.close()
    assert sum(bool(tried.error) for tried in found) >= 8
    assert time.monotonic() - began < 4 and _grown_mb(memory) < 50


def test_what_takes_too_long_is_ended_and_the_next_is_tried_all_the_same():
    pool = trying.Pool(wall_s=0.05)
    slow = "{% for a in lines %}{{ a.title | upcase | downcase }}{% endfor %}"
    with pytest.raises(sandbox.WordsError, match="too long"):
        pool.try_all([(slow + str(n), {}) for n in range(400)], {"lines": VALUES["lines"][:50]})
    [tried] = trying.Pool().try_all(
        [("{{ order.number }} {{ coupon.code }}", {"coupon": {"code": "A"}})], VALUES
    )
    pool.close()
    assert (tried.text, tried.missing, tried.error) == ("1042 A", (), "")


def test_a_child_is_used_again_and_has_nothing_of_ours_but_its_words(monkeypatch):
    monkeypatch.setenv("SECRET_OF_OURS", "1")
    pool = trying.Pool()
    pool.try_all([("a", {})], {})
    [child] = pool._idle
    pool.try_all([("b", {})], {})
    assert pool._idle == [child] and child.jobs == 2
    if sys.platform == "linux":
        environment = Path(f"/proc/{child._process.pid}/environ").read_bytes()
        assert b"SECRET_OF_OURS" not in environment
    pool.close()


def test_words_reach_nothing_of_python():
    assert sandbox.fill("{{ x.__class__ }}{{ x.upper }}{{ x.y.__init__ }}", {"x": {"y": "a"}}) == ""


def test_a_variable_that_no_message_has_is_named():
    known = {"order": {"number": "1"}}
    assert sandbox.unknown_variables("{{ order.number }} {{ ordr.nmber }}", known) == ["ordr.nmber"]
