"""Files of orders taken in, in pieces that can stop.

The row of the job knows how far it is. A piece of work and the count of it are one transaction, so that a
worker may be killed at any moment: another goes on where the last committed piece ended.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import structlog
from django.db import InterfaceError, OperationalError, connections, transaction
from django.utils import translation
from django.utils.translation import gettext as _

from tenants import rows
from tenants.isolation import shop_context
from tenants.models import Shop
from tracking.imports import files
from tracking.imports.files import Layout, Record, Table, UnreadableFileError
from tracking.imports.grouping import Refusal, reasons
from tracking.imports.orders import Reading, readings
from tracking.imports.plan import Plan
from tracking.models import ImportJob, ImportRefusal
from tracking.services.importing import Outcome, check, take

log = structlog.get_logger(__name__)

DISPATCH = "dispatch"
LEASE = timedelta(seconds=60)  # longer than a piece may take
CHUNK = 500  # orders in a piece
SLICE_S = 20.0  # a worker goes on with imports this long at a time...
TURN_S = 5.0  # ...and with one of them this long before the next
MOST_CLAIMS = 5  # without getting any further: what kills workers is given up
MOST_REFUSALS, MOST_REFUSALS_SHOWN = 50_000, 1_000  # rows kept of one file; of one that is only checked
LONGEST_CELL = 2_000  # characters of a refused row's cell that are kept
OPEN = ("checking", "waiting", "importing")  # a worker has something to do

# One at a time, those nobody has looked at first: a long file waits for its turn behind a short one.
CLAIM = """
UPDATE tracking_importjob
SET lease = %(lease)s, lease_until = %(until)s, claims = least(claims + 1, 30000)
WHERE id = (
  SELECT id FROM tracking_importjob
  WHERE stage = ANY (%(open)s) AND (lease_until IS NULL OR lease_until <= %(now)s)
  ORDER BY lease_until NULLS FIRST, created_at LIMIT 1
  FOR UPDATE SKIP LOCKED
)
RETURNING id, shop_id, claims
"""


class Claimed(NamedTuple):
    id: int
    shop_id: int
    claims: int
    lease: UUID


class LeaseLostError(Exception):
    """Another worker has the job now; what this one did in the meantime is rolled back."""


def table_of(job: ImportJob) -> Table:
    """The job's file, to be read from its beginning. Raises UnreadableFileError, also while it is read."""
    return files.read_packed(bytes(job.content or b""), Layout(job.encoding, job.delimiter))


def run_due(now: datetime) -> int:
    """Go on with what is open of any shop, for a while; return how many pieces were done.

    Safe to run many times at once: a job is leased to one, and a lease that runs out goes to another.
    """
    began = time.monotonic()
    pieces = 0

    def clock() -> datetime:
        return now + timedelta(seconds=time.monotonic() - began)

    while time.monotonic() - began < SLICE_S and (claimed := _claim(clock())):
        pieces += _go_on(claimed, clock(), until=time.monotonic() + TURN_S)
    return pieces


def _claim(now: datetime) -> Claimed | None:
    lease = uuid4()
    given: dict[str, Any] = {"lease": lease, "until": now + LEASE, "now": now, "open": list(OPEN)}
    with transaction.atomic(using=DISPATCH), connections[DISPATCH].cursor() as cursor:
        cursor.execute(CLAIM, given)
        row = cursor.fetchone()
    return Claimed(row[0], row[1], row[2], lease) if row else None


def _go_on(claimed: Claimed, now: datetime, *, until: float) -> int:
    """A turn of one job; how many pieces were done."""
    shop = Shop.objects.get(pk=claimed.shop_id)
    with shop_context(shop.pk):
        job = ImportJob.objects.for_shop(shop).filter(pk=claimed.id, lease=claimed.lease).first()
    if job is None:
        return 0
    with translation.override(job.options.get("language") or shop.language):
        try:
            if claimed.claims > MOST_CLAIMS:
                raise UnreadableFileError(
                    _("Row %(row)d and those after it could not be worked through.")
                    % {"row": job.rows_done + 2}
                )
            return _turn(shop, job, claimed.lease, now, until)
        except LeaseLostError:
            return 0
        except UnreadableFileError as error:
            _finish(shop, job, claimed.lease, "failed", now, error=str(error))
        except (OperationalError, InterfaceError):
            raise  # the database is away: the lease runs out, and somebody goes on
        except Exception:
            log.exception("import_failed", job_id=job.pk, shop_id=shop.pk, rows_done=job.rows_done)
            sentence = _("Something went wrong after row %(row)d. What came before it was taken in.")
            _finish(shop, job, claimed.lease, "failed", now, error=sentence % {"row": job.rows_done + 1})
    return 1


def _turn(shop: Shop, job: ImportJob, lease: UUID, now: datetime, until: float) -> int:
    is_check = job.stage == "checking"
    table = table_of(job)
    the_plan = Plan.from_json(job.mapping, job.options, now=now)
    found = readings(table.columns, table.records, the_plan, skip=job.rows_done)
    pieces = 0
    for chunk in _chunks(found):
        with shop_context(shop.pk):
            if is_check:
                outcome = check(shop=shop, found=chunk, now=now)
            else:
                history = bool(job.options.get("history", True))
                outcome = take(shop=shop, found=chunk, now=now, history=history)
            if not is_check or job.refused < MOST_REFUSALS_SHOWN:
                _keep_refusals(shop, job, table.columns, outcome, the_plan)
            _count(shop, job, lease, outcome, now)
        pieces += 1
        if job.refused > MOST_REFUSALS and not is_check:
            said = {"most": MOST_REFUSALS, "row": job.rows_done + 1}
            raise UnreadableFileError(
                _("More than %(most)d rows could not be taken, so it ended with row %(row)d.") % said
            )
        if time.monotonic() > until:
            _let_go(shop, job, lease, now)
            return pieces
    _finish(shop, job, lease, "checked" if is_check else "done", now)
    return pieces + 1


def _chunks(found: Iterator[Reading | Refusal]) -> Iterator[list[Reading | Refusal]]:
    while chunk := list(islice(found, CHUNK)):
        yield chunk


def _keep_refusals(shop: Shop, job: ImportJob, columns: list[str], outcome: Outcome, the_plan: Plan) -> None:
    written = []
    for refusal in outcome.refusals:
        reason = reasons(refusal.fields, the_plan)
        reason = reason if len(reason) <= 240 else reason[:239] + "…"
        written += [
            (shop.pk, job.pk, record.row, reason, _values(columns, record)) for record in refusal.records
        ]
    rows.insert(ImportRefusal, ("shop", "job", "row", "reason", "values"), written, once=True)


def _values(columns: list[str], record: Record) -> dict[str, str]:
    cells = [cell.replace("\x00", "")[:LONGEST_CELL] for cell in record.cells]
    surplus = {f"+{n}": cell for n, cell in enumerate(cells[len(columns) :], 1)}
    return dict(zip(columns, cells, strict=False)) | surplus


def _count(shop: Shop, job: ImportJob, lease: UUID, outcome: Outcome, now: datetime) -> None:
    """How far it is; and the lease for a little longer. Raises LeaseLostError."""
    job.rows_done += outcome.rows
    job.created += outcome.created
    job.updated += outcome.updated
    job.unchanged += outcome.unchanged
    job.refused += outcome.refused
    counts = {
        name: getattr(job, name) for name in ("rows_done", "created", "updated", "unchanged", "refused")
    }
    stage = "importing" if job.stage == "waiting" else job.stage
    _write(shop, job, lease, {"stage": stage, "claims": 0, "lease_until": now + LEASE} | counts)
    job.stage = stage


def _let_go(shop: Shop, job: ImportJob, lease: UUID, now: datetime) -> None:
    """Others have their turn before it is this one's again."""
    with shop_context(shop.pk):
        _write(shop, job, lease, {"lease": None, "lease_until": now})


def _finish(shop: Shop, job: ImportJob, lease: UUID, stage: str, now: datetime, *, error: str = "") -> None:
    fields: dict[str, Any] = {
        "stage": stage,
        "error": error[:240],
        "lease": None,
        "lease_until": None,
        "claims": 0,
    }
    if stage in ("done", "failed"):
        fields |= {"finished_at": now, "content": None}
    with shop_context(shop.pk):
        _write(shop, job, lease, fields)


def _write(shop: Shop, job: ImportJob, lease: UUID, fields: dict[str, Any]) -> None:
    """Write to the job, as long as it is ours. Raises LeaseLostError."""
    if not ImportJob.objects.for_shop(shop).filter(pk=job.pk, lease=lease).update(**fields):
        raise LeaseLostError
