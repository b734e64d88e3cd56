"""What a design may hold, what can be done to it, and what one version says otherwise than another."""

from __future__ import annotations

import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications import arranging
from notifications.contents import KINDS, ContentError, checked
from notifications.differing import differences, words

LANGUAGES = ("es", "en")


def checked_mail(*blocks: dict[str, Any], **head: Any) -> dict[str, Any]:
    return checked({"blocks": list(blocks), **head}, channel="email", languages=LANGUAGES)


@pytest.mark.parametrize(
    ("blocks", "sentence"),
    [
        ([{"id": "a", "kind": "carousel"}], "no such block"),
        ([{"id": "a", "kind": "text"}, {"id": "a", "kind": "text"}], "id of its own"),
        ([{"id": "a", "kind": "logo"}, {"id": "b", "kind": "logo"}], "goes in once"),
        ([{"id": "a", "kind": "text", "text": "Hola"}], "for each language"),
        ([{"id": "a", "kind": "text", "text": {"es": "x" * 8001}}], "longer than 8000"),
        (
            [{"id": "a", "kind": "button", "to": "url", "url": "javascript:alert(1)"}],
            "beginning with https://",
        ),
        ([{"id": "a", "kind": "button", "to": "elsewhere"}], "no such choice"),
        ([{"id": f"t{n}", "kind": "text"} for n in range(41)], "at most 40"),
    ],
)
def test_what_is_no_design_is_refused(blocks: list[dict[str, Any]], sentence: str) -> None:
    with pytest.raises(ContentError, match=sentence):
        checked_mail(*blocks)


def test_what_nobody_knows_is_left_out_and_checking_twice_changes_nothing() -> None:
    once = checked_mail(
        {"id": "a", "kind": "text", "text": {"es": " Hola ", "xx": "?"}, "onclick": "x"}, evil=1
    )
    assert once == {"format": 1, "blocks": [{"id": "a", "kind": "text", "text": {"es": "Hola"}}]}
    assert checked(once, channel="email", languages=LANGUAGES) == once


kinds = st.lists(st.sampled_from(sorted(KINDS)), max_size=12)
moves = st.lists(st.tuples(st.integers(0, 14), st.integers(0, 14)), max_size=8)


@given(kinds, moves)
def test_however_blocks_are_put_in_and_moved_the_design_holds_and_none_is_lost(
    wanted: list[str], moved: list[tuple[int, int]]
) -> None:
    content: dict[str, Any] = {"blocks": []}
    for kind in wanted:
        if arranging.can_add(content, kind):
            content, _made = arranging.added(content, kind, None)
    names = {block["id"] for block in content["blocks"]}
    for which, to in moved:
        if which < len(content["blocks"]):
            name = content["blocks"][which]["id"]
            content = arranging.moved(content, name, to)
            assert arranging.place_of(content, name) == min(to, len(names) - 1)
    assert {block["id"] for block in content["blocks"]} == names


def test_a_new_block_goes_above_the_footer_and_a_copy_right_below() -> None:
    content, made = arranging.added(arranging.empty("email"), "text", None)
    assert [b["kind"] for b in content["blocks"]] == ["logo", "text", "footer"]
    content, copy = arranging.doubled(content, made)
    assert [b["id"] for b in content["blocks"]] == ["logo", "text", copy, "footer"]
    assert arranging.doubled(content, "logo") == (content, "logo")


def test_what_sells_is_put_below_the_news() -> None:
    content = {"blocks": [{"id": k, "kind": k} for k in ("coupon", "logo", "headline", "button", "lines")]}
    changed = arranging.below_the_news(content, "coupon")
    assert [b["id"] for b in changed["blocks"]] == ["logo", "headline", "button", "coupon", "lines"]


def test_writing_in_one_language_leaves_the_others() -> None:
    content = {"blocks": [{"id": "t", "kind": "text", "text": {"es": "Hola", "en": "Hello"}}]}
    changed = arranging.written(content, "t", KINDS["text"].fields, {"text": "Buenas"}, "es")
    assert changed["blocks"][0]["text"] == {"es": "Buenas", "en": "Hello"}
    assert content["blocks"][0]["text"]["es"] == "Hola"


def test_versions_are_told_apart_block_by_block_and_word_by_word() -> None:
    before = checked_mail(
        {"id": "h", "kind": "headline"}, {"id": "t", "kind": "text", "text": {"es": "Llega hoy", "en": "Today"}},
        {"id": "m", "kind": "map"}, subject={"es": "Hola"},
    )  # fmt: skip
    after = checked_mail(
        {"id": "t", "kind": "text", "text": {"es": "Llega mañana", "en": "Today"}}, {"id": "h", "kind": "headline"},
        {"id": "c", "kind": "coupon", "title": {"es": "Para ti"}}, subject={"es": "Hola"},
    )  # fmt: skip
    said = [(d.how, str(d.block), d.language, d.words) for d in differences(before, after)]
    assert ("changed", "Text", "es", (("same", "Llega "), ("out", "hoy"), ("in", "mañana"))) in said
    assert ("added", "Coupon", "", (("in", "Para ti"),)) in said
    assert ("removed", "Map", "", (("out", ""),)) in said
    assert sum(how == "moved" for how, *_rest in said) == 1 and len(said) == 4
    assert differences(after, after) == []


@given(
    st.text(string.ascii_letters + " {}%\n.", max_size=60),
    st.text(string.ascii_letters + " {}%\n.", max_size=60),
)
def test_a_difference_holds_both_texts_whole(before: str, after: str) -> None:
    said = words(before, after)
    assert "".join(text for how, text in said if how != "in") == before
    assert "".join(text for how, text in said if how != "out") == after
