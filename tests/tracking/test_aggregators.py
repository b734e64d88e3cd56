"""How numbers reach an aggregator: told of first, in calls of the size it takes, and not asked about in vain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import pytest

from carriers import client, registry
from carriers.types import Answer, Outcome, Query
from tracking.services import asking
from tracking.services.groups import Due, Group


def due(poll_id: int, *, registered: bool, failures: int = 0) -> Due:
    return Due(poll_id, poll_id, Query(f"N{poll_id}", registered=registered), failures, 1)


def group(code: str, *dues: Due) -> Group:
    return Group(1, 1, registry.get(code), {}, uuid4(), list(dues))


def numbers(dues: Sequence[Due]) -> list[str]:
    return [one.query.number for one in dues]


def test_new_numbers_go_apart_where_an_aggregator_takes_one_at_a_time() -> None:
    aftership = registry.get("aftership")
    known, new = [due(1, registered=True), due(3, registered=True)], [due(2, registered=False)]

    assert numbers(asking._batch(aftership, [known[0], *new, known[1]])) == ["N1", "N3"]
    assert numbers(asking._batch(aftership, [*new, *known, due(4, registered=False)])) == ["N2"]


def test_new_numbers_go_along_where_an_aggregator_takes_as_many() -> None:
    mixed = [due(1, registered=True), due(2, registered=False), due(3, registered=True, failures=1)]

    assert numbers(asking._batch(registry.get("17track"), mixed)) == ["N1", "N2"]


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[Answer]]:
    """What the aggregator answers to being told, and to being asked; the numbers asked about are kept."""
    script: dict[str, Any] = {"register": [], "ask": [], "asked": []}

    def ask(carrier: Any, secrets: Any, queries: Sequence[Query], **options: Any) -> list[Answer]:
        script["asked"] += [query.number for query in queries]
        return list(script["ask"])

    monkeypatch.setattr(client, "register", lambda *args, **options: script["register"])
    monkeypatch.setattr(client, "ask", ask)
    return script


def test_a_number_refused_when_it_is_told_is_not_asked_about(said: dict[str, Any]) -> None:
    said["register"] = [
        Answer("N1", Outcome.INVALID_NUMBER, detail="A postal code is missing."),
        Answer("N2"),
    ]
    said["ask"] = [Answer("N2")]
    batch = [due(1, registered=False), due(2, registered=False)]

    called = asking._call(group("17track", *batch), batch)

    assert said["asked"] == ["N2"]
    assert [one.outcome for one in called.asked] == [Outcome.INVALID_NUMBER, Outcome.FOUND]
    assert [one.registered for one in called.asked] == [False, True]
    assert called.asked[0].answer is not None
    assert called.asked[0].answer.detail == "A postal code is missing."


def test_nothing_is_asked_where_all_were_refused(said: dict[str, Any]) -> None:
    said["register"] = [Answer("N1", Outcome.INVALID_NUMBER)]

    called = asking._call(group("17track"), [due(1, registered=False)])

    assert said["asked"] == []
    assert [one.outcome for one in called.asked] == [Outcome.INVALID_NUMBER]
