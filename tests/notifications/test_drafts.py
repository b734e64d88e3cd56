"""Drafts: steps kept and undone, editors told of each other, tests of what is not published."""

from __future__ import annotations

from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from notifications.models import DraftStep, Template
from notifications.services import drafts
from notifications.services.drafts import Draft, OvertakenError
from notifications.services.templates import design_of
from tenants.isolation import shop_context
from tenants.models import Shop
from tenants.services import Actor
from tests import make

pytestmark = pytest.mark.django_db
ANA, LUIS = Actor("user:1"), Actor("user:2")
WHICH = {"key": "shipped", "channel": "email"}


@pytest.fixture
def shop() -> Any:
    shop = make.shop()
    with shop_context(shop.pk):
        yield shop


def write(shop: Shop, text: str, turn: int, seconds: int = 0, by: Actor = ANA) -> Draft:
    content = deepcopy(drafts.draft_of(shop, "shipped", "email").content)
    next(b for b in content["blocks"] if b["kind"] == "text")["text"]["es"] = text
    now = make.NOW + timedelta(seconds=seconds)
    return drafts.change(shop=shop, **WHICH, turn=turn, content=content, what="words:text", by=by, now=now)


def test_typing_without_a_pause_is_one_step_and_after_a_pause_another(shop: Shop) -> None:
    for turn, (text, at) in enumerate((("H", 0), ("Ho", 1), ("Hola", 2), ("Hola, Marta", 30))):
        write(shop, text, turn, at)
    assert list(DraftStep.objects.order_by("number").values_list("number", flat=True)) == [0, 1, 2]
    draft = drafts.undo(shop=shop, **WHICH, turn=4, by=ANA, now=make.NOW)
    assert next(b for b in draft.content["blocks"] if b["kind"] == "text")["text"]["es"] == "Hola"
    assert (draft.can_undo, draft.can_redo, draft.waits) == (True, True, True)


def test_a_new_change_ends_what_could_be_done_again(shop: Shop) -> None:
    write(shop, "Uno", 0)
    drafts.undo(shop=shop, **WHICH, turn=1, by=ANA, now=make.NOW)
    assert not write(shop, "Dos", 2).can_redo


def test_no_more_steps_are_kept_than_are_of_use(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drafts, "MOST_STEPS", 3)
    for turn in range(6):
        write(shop, f"Vez {turn}", turn, 60 * turn)
    assert DraftStep.objects.count() == 4


def test_who_comes_second_is_told_by_whom_and_nothing_is_written(shop: Shop) -> None:
    write(shop, "De Ana", 0)
    with pytest.raises(OvertakenError) as told:
        write(shop, "De Luis", 0, by=LUIS)
    assert (told.value.by, told.value.turn) == ("user:1", 1)
    assert "De Luis" not in str(Template.objects.get().draft)
    assert write(shop, "De Ana", 0).turn == 1  # the same once more is no conflict


def test_publishing_tells_who_is_still_writing(shop: Shop) -> None:
    write(shop, "Uno", 0)
    drafts.publish_draft(shop=shop, **WHICH, turn=1, by=ANA)
    with pytest.raises(OvertakenError):
        write(shop, "Dos", 1, by=LUIS)
    assert not DraftStep.objects.exists()
    with pytest.raises(ValidationError, match="nothing new"):
        drafts.publish_draft(shop=shop, **WHICH, turn=2, by=ANA)


def test_a_test_speaks_of_the_draft_and_then_of_what_is_sent(shop: Shop) -> None:
    write(shop, "Sin publicar", 0)
    assert "Sin publicar" in str(design_of(shop, "draft:shipped", "email").content)
    assert "Sin publicar" not in str(design_of(shop, "shipped", "email").content)
    drafts.discard(shop=shop, **WHICH, turn=1)
    assert "Sin publicar" not in str(design_of(shop, "draft:shipped", "email").content)


def test_a_draft_of_an_own_design_is_not_thrown_away_while_there_is_nothing_else(shop: Shop) -> None:
    key = drafts.make_own(
        shop=shop, channel="sms", name="Vip", content={"text": {"es": "Hola"}}, by=ANA, now=make.NOW
    )
    draft = drafts.discard(shop=shop, key=key, channel="sms", turn=1)
    assert draft.content["text"] == {"es": "Hola"}
