"""Files of orders: the ones there were, and the form that brings another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from console.actor import actor_of
from console.clock import ago, clock_of
from tenants.access import MemberRequest, members
from tenants.isolation import shop_context
from tenants.models import Role
from tracking.imports.files import MOST_BYTES, UnreadableFileError
from tracking.models import ImportJob
from tracking.services import imports as services

SHOWN = 50  # jobs, the newest
BESIDE = 64 * 1024  # bytes of a request besides the file
STAGES: dict[str, tuple[str | Promise, str]] = {
    "mapping": (gettext_lazy("Columns to be confirmed"), "warn"),
    "checking": (gettext_lazy("Being checked"), "info"),
    "checked": (gettext_lazy("Checked"), "warn"),
    "waiting": (gettext_lazy("Waiting for its turn"), "info"),
    "importing": (gettext_lazy("Coming in"), "info"),
    "done": (gettext_lazy("Done"), "ok"),
    "failed": (gettext_lazy("Stopped"), "bad"),
}


class UploadForm(forms.Form):
    """A file of orders."""

    use_required_attribute = False
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy(
            "CSV, up to 50 MB: from your shop, or saved from a spreadsheet as “CSV UTF-8”."
        ),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.txt,.tsv,.gz,text/csv"}),
        error_messages={
            "required": gettext_lazy("Choose a file."),
            "empty": gettext_lazy("The file is empty."),
        },
        max_length=200,
    )


@dataclass(frozen=True, slots=True)
class Line:
    """A job as the list shows it."""

    pk: int
    name: str
    stage: str | Promise
    tone: str
    when: str
    rows: int
    created: int
    updated: int
    refused: int


@csrf_exempt  # looked at below, once the request is known not to be too large to be read
@members(Role.AGENT, bound=False)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def imports(request: MemberRequest) -> HttpResponse:
    if request.method == "POST" and _length(request) > MOST_BYTES + BESIDE:
        form = UploadForm()
        too_large = _("The file is larger than 50 MB: bring it in several parts, or pack it with gzip.")
        return _show(request, form, too_large=too_large, status=413)
    answer: HttpResponse = _read(request)
    return answer


@csrf_protect
def _read(request: MemberRequest) -> HttpResponse:
    if request.method != "POST":
        return _show(request, UploadForm())
    form = UploadForm(request.POST, request.FILES)
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            job = services.start(
                shop=request.shop,
                name=file.name,
                data=file.read(),
                by=actor_of(request),
                language=get_language() or "en",
                now=timezone.now(),
            )
        except UnreadableFileError as error:
            form.add_error("file", str(error))
        else:
            return redirect("console:import", request.shop.slug, job.pk)
    return _show(request, form, status=422)


def _length(request: MemberRequest) -> int:
    said = request.META.get("CONTENT_LENGTH") or "0"
    return int(said) if said.isdigit() else 0


def _show(
    request: MemberRequest, form: UploadForm, *, too_large: str = "", status: int = 200
) -> HttpResponse:
    context: dict[str, Any] = {"form": form, "lines": _lines(request), "too_large": too_large}
    return render(request, "console/imports.html", context, status=status)


def _lines(request: MemberRequest) -> list[Line]:
    clock = clock_of(request.shop)
    with shop_context(request.shop.pk):
        jobs = list(ImportJob.objects.for_shop(request.shop).defer("content").order_by("-pk")[:SHOWN])
    return [
        Line(
            job.pk, job.file_name, *STAGES[job.stage], ago(clock, job.created_at), job.rows, job.created,
            job.updated, job.refused,
        )
        for job in jobs
    ]  # fmt: skip
