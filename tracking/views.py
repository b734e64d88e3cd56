"""The shopper's pages: an order's, the form that finds one, the shop's logo."""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers
from django.utils.functional import Promise
from django.utils.translation import get_language_from_request, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from tenants.isolation import shop_context
from tenants.middleware import ShopRequest
from tenants.models import Brand
from tenants.vault import digest
from tracking import opened, pages, proof, search
from tracking.counting import is_ahead
from tracking.doors import below, from_our_own_pages, private, see_other
from tracking.forms import LookupForm, ProofForm
from tracking.frame import choose_language, frame_of, framed
from tracking.guesses import may_guess
from tracking.kept import Page
from tracking.lookup import contact_key, look_up, open_answer, proves
from tracking.services.polling import STALE, pull_forward

A_YEAR_S = 31_536_000
PULL_EVERY_S = 60
# Said when the page's language is known, not before.
NOT_THEIRS = gettext_lazy(
    "That is not the e-mail or phone this order was placed with. Check it for typing errors."
)
TOO_MANY = gettext_lazy(
    "There have been too many tries. For safety, wait an hour and try again, or write to the shop."
)


@from_our_own_pages
@require_http_methods(["GET", "HEAD", "POST"])
@private
def page(request: ShopRequest, token: str) -> HttpResponse:
    """One order. The token is the key: no login, nothing to guess. POST proves who holds it."""
    if opened.wants_a_card(request):
        return opened.card(request)
    token_hash = digest(token)
    if request.method == "POST":
        return _prove(request, token_hash)
    question = _question(request, token_hash)
    answer = pages.answer(question)
    if answer is None:
        raise Http404
    if answer.stale and not is_ahead(request.headers):
        _ask_the_carrier(question, answer.stale)
    if answer.page is None:
        return HttpResponseNotModified(headers={"ETag": answer.etag})
    response = _as_response(request, answer.page)
    response["ETag"] = answer.etag
    opened.count(request, token_hash, question.now)
    return response


@private
@require_safe
def with_slash(request: ShopRequest, token: str) -> HttpResponse:
    """Addresses given out without the slash at the end lead on to the page."""
    asked = request.META.get("QUERY_STRING", "")
    response = HttpResponse(status=301)
    response["Location"] = f"{request.path}/" + (f"?{asked}" if asked else "")
    return response


def _question(request: ShopRequest, token_hash: str) -> pages.Question:
    now = timezone.now()
    reader = pages.Reader(
        trust=proof.trust_of(request, token_hash, now),
        language=request.GET.get("lang", "").lower(),
        prefix=request.shop_prefix,
        etag=request.headers.get("If-None-Match", ""),
    )
    return pages.Question(request.shop, token_hash, reader, now, now - STALE * settings.POLL_PACE_SCALE)


def _ask_the_carrier(question: pages.Question, stale: Iterable[int]) -> None:
    """Somebody is looking, and the last word is old: have it asked for now. At most once a minute a page."""
    if not cache.add(f"pull:{question.token_hash}", 1, PULL_EVERY_S):
        return
    with shop_context(question.shop.pk):
        for shipment_id in stale:
            pull_forward(shop_id=question.shop.pk, shipment_id=shipment_id, now=question.now)


def _as_response(request: HttpRequest, kept: Page, status: int = 200) -> HttpResponse:
    """Compressed as it is kept, for everybody who can read that."""
    squeezed = "gzip" in request.headers.get("Accept-Encoding", "")
    response = HttpResponse(kept.body if squeezed else gzip.decompress(kept.body), status=status)
    if squeezed:
        response["Content-Encoding"] = "gzip"
    patch_vary_headers(response, ["Accept-Encoding", "Cookie"])
    response._csp_update = {"style-src": [kept.csp]}  # type: ignore[attr-defined]
    return response


def _prove(request: ShopRequest, token_hash: str) -> HttpResponse:
    """Take or give up the proof that the order is the reader's; then show the page again."""
    now = timezone.now()
    if "forget" in request.POST:
        response = see_other(request.get_full_path())
        proof.withdraw(response, path=request.path)
        return response
    form = ProofForm(request.POST)
    contact = form.cleaned_data["contact"] if form.is_valid() else ""
    if not may_guess(
        request, shop_id=request.shop.pk, number_key=token_hash, contact_key=contact_key(contact)
    ):
        return _refused(request, token_hash, TOO_MANY, 429)
    proved = proves(request.shop, token_hash, contact)
    if proved is None:
        raise Http404
    if not proved:
        return _refused(request, token_hash, NOT_THEIRS, 422)
    then = below(request.GET.get("next", ""))
    asked = (
        f"?lang={language}"
        if (language := request.GET.get("lang", "").lower()) in request.shop.languages
        else ""
    )
    response = see_other(f"{request.path}{then}{asked}#content")  # not back to the form
    proof.grant(response, path=request.path, token_hash=token_hash, now=now)
    return response


def _refused(request: ShopRequest, token_hash: str, said: str | Promise, status: int) -> HttpResponse:
    shown = pages.refusal(_question(request, token_hash), said)
    if shown is None:
        raise Http404
    return _as_response(request, shown, status)


@from_our_own_pages
@require_http_methods(["GET", "HEAD", "POST"])
@private
def lookup(request: ShopRequest) -> HttpResponse:
    """Find an order by its number and e-mail. Right or wrong, the form gets the same answer."""
    language = _language(request)
    with translation.override(language):
        if request.method == "POST":
            return _looked_up(request, language)
        sealed = request.GET.get("r", "")
        found = open_answer(request.shop, sealed, timezone.now()) if sealed else None
        if found is None:
            return _form(
                request, language, LookupForm(initial={"number": request.GET.get("number", "")[:64]})
            )
        if not found.token:
            said = _("We found no order with that number and that e-mail or phone. Check both and try again.")
            initial = {"number": found.number, "contact": found.contact}
            return _form(request, language, LookupForm(initial=initial), said=said)
        path = reverse("page", args=[found.token])
        response = see_other(path)
        proof.grant(response, path=path, token_hash=digest(found.token), now=timezone.now())
        return response


def _looked_up(request: ShopRequest, language: str) -> HttpResponse:
    form = LookupForm(request.POST)
    if not form.is_valid():
        return _form(request, language, form, status=422)
    number, contact = form.cleaned_data["number"], form.cleaned_data["contact"]
    allowed = may_guess(
        request,
        shop_id=request.shop.pk,
        number_key=search.number_key(number),
        contact_key=contact_key(contact),
    )
    if not allowed:
        return _form(request, language, form, said=TOO_MANY, status=429)
    sealed = look_up(request.shop, number=number, contact=contact, now=timezone.now())
    asked = f"&lang={language}" if "lang" in request.GET else ""
    return see_other(f"{reverse('lookup')}?r={sealed}{asked}")


def _language(request: ShopRequest) -> str:
    asked = request.GET.get("lang", "").lower()
    return choose_language(request.shop, asked, get_language_from_request(request))


def _form(
    request: ShopRequest,
    language: str,
    form: LookupForm,
    *,
    said: str | Promise = "",
    lost: bool = False,
    status: int = 200,
) -> HttpResponse:
    """The form in the shop's look. `lost`: shown in place of a page that does not exist."""
    with shop_context(request.shop.pk):
        brand = Brand.objects.for_shop(request.shop).defer("logo").get()
    frame = frame_of(request.shop, brand, prefix=request.shop_prefix, language=language)
    asked = language if "lang" in request.GET else ""
    told = {"frame": frame, "form": form, "said": said, "lost": lost, "asked_language": asked}
    content = render_to_string("tracking/lookup.html", told)
    title = _("Nothing here") if lost else _("Where is my order?")
    response = HttpResponse(framed(frame, title=title, content=content, live=False), status=status)
    response._csp_update = {"style-src": [frame.style.csp]}  # type: ignore[attr-defined]
    return response


@require_safe
def logo(request: ShopRequest, logo_hash: str) -> HttpResponse:
    """The shop's logo. Its address changes with it, so it may be kept for ever."""
    etag = f'"{logo_hash}"'
    if request.headers.get("If-None-Match") == etag:
        return HttpResponseNotModified()
    with shop_context(request.shop.pk):
        brands = Brand.objects.for_shop(request.shop).filter(logo_hash=logo_hash)
        row = brands.values_list("logo", "logo_type").first()
    if row is None or not row[0]:
        raise Http404
    response = HttpResponse(bytes(row[0]), content_type=row[1] or "image/png")
    response["Cache-Control"] = f"public, max-age={A_YEAR_S}, immutable"
    response["ETag"] = etag
    return response


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    return HttpResponse("User-agent: *\nDisallow: /\n", content_type="text/plain")


@private
def not_found(request: ShopRequest, exception: Any = None) -> HttpResponse:
    """In place of a page that does not exist, the form that finds one that does."""
    language = _language(request)
    with translation.override(language):
        return _form(request, language, LookupForm(), lost=True, status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    return render(request, "base/500.html", status=500)
