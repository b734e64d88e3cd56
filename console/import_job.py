"""One file of orders: which column is what, what a check found, how far it is, what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast
from zoneinfo import available_timezones

import structlog
from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe
from kombu.exceptions import OperationalError

from carriers.registry import CARRIERS
from console.actor import actor_of
from console.clock import clock_of, moment_in_full
from console.import_form import PlanForm
from console.imports import STAGES
from tenants.access import MemberRequest, members
from tenants.isolation import shop_context
from tenants.models import Role
from tracking.imports import refused
from tracking.imports.files import UnreadableFileError
from tracking.models import ImportJob, ImportRefusal
from tracking.services import imports as services
from tracking.tasks import run_imports

log = structlog.get_logger(__name__)

SHOWN = 20  # refused rows on the page
PREVIEW = 5  # rows of the file
WORKING = ("checking", "waiting", "importing")


@dataclass(frozen=True, slots=True)
class Progress:
    """`share`: of 100."""

    stage: str | Promise
    share: int
    done: int
    rows: int


@members(Role.AGENT, bound=False)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def job(request: MemberRequest, job_id: int) -> HttpResponse:
    found = _found(request, job_id)
    if request.method == "POST":
        return _act(request, found)
    if request.headers.get("HX-Request"):
        return _part(request, found)
    if found.stage == "mapping":
        return _mapping(request, found)
    return _result(request, found)


@members(Role.AGENT)
@never_cache
@require_safe
def refused_rows(request: MemberRequest, job_id: int) -> HttpResponse:
    """The rows that were not taken, to be corrected and brought again."""
    found = _found(request, job_id)
    rows = ImportRefusal.objects.for_shop(request.shop).filter(job=found)
    kept = list(rows.values_list("row", "values", "reason"))
    named = found.options.get("header", ())  # in the file's order, which jsonb does not keep
    columns = list(dict.fromkeys([*named, *(name for _row, cells, _why in kept for name in cells)]))
    lines = refused.lines(
        columns,
        ((row, [cells.get(name, "") for name in columns], why) for row, cells, why in kept),
        delimiter=found.delimiter,
    )
    text = refused.heading(columns, delimiter=found.delimiter) + "".join(lines)
    response = HttpResponse(text, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="refused-{found.pk}.csv"'
    return response


def _found(request: MemberRequest, job_id: int) -> ImportJob:
    with shop_context(request.shop.pk):
        found = ImportJob.objects.for_shop(request.shop).filter(pk=job_id).first()
    if found is None:
        raise Http404
    return cast(ImportJob, found)


def _again(request: MemberRequest, found: ImportJob) -> HttpResponse:
    return redirect("console:import", request.shop.slug, found.pk)


def _act(request: MemberRequest, found: ImportJob) -> HttpResponse:
    deed, shop = request.POST.get("deed", ""), request.shop
    if deed == "check" and found.stage == "mapping":
        return _mapping(request, found, request.POST)
    if deed == "go" and services.go(shop=shop, job=found, by=actor_of(request), now=timezone.now()):
        _wake()
        messages.success(request, _("The orders are coming in. You may leave this page."))
    elif deed == "back":
        services.back(shop=shop, job=found)
    elif deed == "drop":
        services.drop(shop=shop, job=found)
        messages.success(request, _("The file was thrown away. No order of it was touched."))
        return redirect("console:imports", shop.slug)
    return _again(request, found)


def _wake() -> None:
    """Have a worker look at once; if nobody hears, one looks within seconds anyway."""
    try:
        run_imports.apply_async(expires=30, ignore_result=True)
    except (OperationalError, OSError) as error:
        log.warning("wake_up_lost", error=type(error).__name__)


# --- Which column is what ---


def _mapping(request: MemberRequest, found: ImportJob, said: QueryDict | None = None) -> HttpResponse:
    sight = services.sight_of(found)
    column = found.mapping.get("status", "")
    seen = said.get("states_of", "") if said else column
    if said:
        column = said.get("column_status", "")
    words = services.words_of_file(found, column)
    is_new = said is not None and column != seen
    form = PlanForm(found, sight, words, said, guessed=is_new)
    status = 200
    if said is not None and form.is_valid():
        if form.layout != services.layout_of(found):
            return _read_again(request, found, form)
        if not (is_new and words):
            services.plan(shop=request.shop, job=found, columns=form.columns, options=form.options)
            _wake()
            return _again(request, found)
        form = PlanForm(found, sight, words, _with_guesses(said, form), guessed=True)
        messages.warning(request, _("Say what the words of that column mean."))
    if said is not None:
        status = 422
    context = {
        "job": found,
        "form": form,
        "columns": sight.columns,
        "preview": [record.cells for record in sight.sample[:PREVIEW]],
        "states_of": column,
        "zones": sorted(
            zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/")
        ),
        "carriers": [carrier.code for carrier in CARRIERS.values()],
    }
    return render(request, "console/import_columns.html", context, status=status)


def _with_guesses(said: QueryDict, form: PlanForm) -> QueryDict:
    """Of a column of states the person has not seen the words of yet: what they probably mean."""
    filled = said.copy()
    for field in form.meanings():
        filled[field.html_name] = form.initial[field.html_name]
    return filled


def _read_again(request: MemberRequest, found: ImportJob, form: PlanForm) -> HttpResponse:
    try:
        services.read_again(shop=request.shop, job=found, layout=form.layout, now=timezone.now())
    except UnreadableFileError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Read again. Look at the columns once more."))
    return _again(request, found)


# --- What came of it ---


def _part(request: MemberRequest, found: ImportJob) -> HttpResponse:
    """How far it is; when that is over, the page is loaded anew."""
    response = render(request, "console/_import_progress.html", {"job": found, "progress": _progress(found)})
    if found.stage not in WORKING:
        response["HX-Refresh"] = "true"
    return response


def _progress(found: ImportJob) -> Progress:
    share = 100 * found.rows_done // found.rows if found.rows else 0
    return Progress(STAGES[found.stage][0], share, found.rows_done, found.rows)


def _result(request: MemberRequest, found: ImportJob) -> HttpResponse:
    with shop_context(request.shop.pk):
        refusals = list(ImportRefusal.objects.for_shop(request.shop).filter(job=found)[:SHOWN])
    finished = found.finished_at
    context: dict[str, Any] = {
        "job": found,
        "is_working": found.stage in WORKING,
        "progress": _progress(found),
        "refusals": refusals,
        "more": max(0, found.refused - len(refusals)),
        "tells": not found.options.get("history", True),
        "finished": moment_in_full(clock_of(request.shop), finished) if finished else "",
    }
    return render(request, "console/import.html", context)
