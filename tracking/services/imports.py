"""A shop's file of orders: kept, shown, planned, set going. `import_runs` does the work."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from django.utils.translation import gettext as _

from tenants import audit
from tenants.isolation import shop_context
from tenants.models import Shop
from tenants.services import Actor
from tracking.imports import files
from tracking.imports.files import Layout, Record, UnreadableFileError
from tracking.imports.plan import Plan, guess, words_of
from tracking.models import ImportJob, ImportRefusal
from tracking.services.import_runs import run_due, table_of

__all__ = [
    "Sight", "back", "drop", "go", "layout_of", "plan", "read_again", "run_due", "sight_of", "start", "words_of_file",
]  # fmt: skip

SAMPLED = 400  # rows read to guess and to show


@dataclass(frozen=True, slots=True)
class Sight:
    """What a person is shown of a file, to say which column is what."""

    columns: list[str]
    sample: list[Record]


def start(*, shop: Shop, name: str, data: bytes, by: Actor, language: str, now: datetime) -> ImportJob:
    """Keep an uploaded file, with a guess how it is to be read. Raises UnreadableFileError.

    One transaction; each call makes another job.
    """
    text = files.unpacked(data)
    layout = files.layout_of(text)
    content = gzip.compress(text, compresslevel=3)
    sight, count = _looked_through(content, layout)
    plan = _guessed(shop, sight, now)
    with shop_context(shop.pk):
        job: ImportJob = ImportJob.objects.create(
            shop=shop,
            file_name=files.columns_of([name])[0][-200:],
            content=content,
            encoding=layout.encoding,
            delimiter=layout.delimiter,
            mapping=dict(plan.columns),
            options=plan.as_json() | {"language": language, "history": True, "header": sight.columns},
            rows=count,
            created_by=by.name,
            created_at=now,
        )
        return job


def sight_of(job: ImportJob) -> Sight:
    """The columns and the first rows. Raises UnreadableFileError."""
    table = table_of(job)
    return Sight(table.columns, list(islice(table.records, SAMPLED)))


def layout_of(job: ImportJob) -> Layout:
    return Layout(job.encoding, job.delimiter)


def words_of_file(job: ImportJob, column: str) -> list[str]:
    """The different words of a column, the most frequent first; of too many to be states, one more than may be.

    Reads the file to its end. Raises UnreadableFileError.
    """
    table = table_of(job)
    if column not in table.columns:
        return []
    return words_of(table.columns, (record.cells for record in table.records), column)


def read_again(*, shop: Shop, job: ImportJob, layout: Layout, now: datetime) -> None:
    """The file is written otherwise than it seemed: guess anew. Raises UnreadableFileError.

    One transaction. Safe to repeat. Nothing happens once a worker has begun.
    """
    sight, count = _looked_through(bytes(job.content or b""), layout)
    plan = _guessed(shop, sight, now)
    kept = {name: job.options[name] for name in ("language", "history") if name in job.options}
    fields = {
        "encoding": layout.encoding,
        "delimiter": layout.delimiter,
        "mapping": dict(plan.columns),
        "options": plan.as_json() | kept | {"header": sight.columns},
        "rows": count,
    }
    with shop_context(shop.pk):
        _from(shop, job, "mapping", "checked").update(stage="mapping", **fields)


def plan(*, shop: Shop, job: ImportJob, columns: Mapping[str, str], options: Mapping[str, Any]) -> bool:
    """The person has said which column is what: have it checked. False where it is past that.

    One transaction. Safe to repeat.
    """
    with shop_context(shop.pk):
        ImportRefusal.objects.for_shop(shop).filter(job=job).delete()
        fields = {"mapping": dict(columns), "options": dict(options)}
        return bool(_from(shop, job, "mapping", "checked").update(stage="checking", **fields, **AFRESH))


def go(*, shop: Shop, job: ImportJob, by: Actor, now: datetime) -> bool:
    """Take in what was checked. False where there is nothing to go on with. One transaction; safe to repeat."""
    with shop_context(shop.pk):
        ImportRefusal.objects.for_shop(shop).filter(job=job).delete()
        if not _from(shop, job, "checked").update(stage="waiting", **AFRESH):
            return False
        audit.record(
            shop=shop, actor=by.name, role=by.role, address=by.address, action="orders.imported",
            subject=f"import:{job.pk}", after={"rows": job.rows},
        )  # fmt: skip
        return True


def back(*, shop: Shop, job: ImportJob) -> bool:
    """To the columns again. One transaction; safe to repeat."""
    with shop_context(shop.pk):
        return bool(_from(shop, job, "checking", "checked").update(stage="mapping", **AFRESH))


def drop(*, shop: Shop, job: ImportJob) -> None:
    """Forget a file nobody wants taken in. What is being taken in, or was, stays. Safe to repeat."""
    with shop_context(shop.pk):
        _from(shop, job, "mapping", "checking", "checked", "failed").delete()


AFRESH: dict[str, Any] = {
    "rows_done": 0,
    "created": 0,
    "updated": 0,
    "unchanged": 0,
    "refused": 0,
    "error": "",
    "lease": None,
    "lease_until": None,
    "claims": 0,
}


def _from(shop: Shop, job: ImportJob, *stages: str) -> Any:
    return ImportJob.objects.for_shop(shop).filter(pk=job.pk, stage__in=stages)


def _looked_through(content: bytes, layout: Layout) -> tuple[Sight, int]:
    """The first rows, and how many there are. Raises UnreadableFileError for what cannot be read to its end."""
    table = files.read_packed(content, layout)
    sample = list(islice(table.records, SAMPLED))
    count = len(sample) + sum(1 for _record in table.records)
    if not count:
        raise UnreadableFileError(_("The file has the names of its columns, and no rows below them."))
    return Sight(table.columns, sample), count


def _guessed(shop: Shop, sight: Sight, now: datetime) -> Plan:
    return guess(sight.columns, sight.sample, time_zone=shop.time_zone, country=shop.country, now=now)
