"""The driver's page: a link opens one round, and no more than that. No login; big letters; works where signal comes and goes."""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import get_language_from_request
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from tenants.isolation import shop_context
from tenants.middleware import ShopRequest
from tenants.models import Brand
from tracking.doors import from_our_own_pages, private, see_other
from tracking.frame import choose_language, frame_of, framed
from tracking.models import Round, Stop
from tracking.photos import BadPhotoError, Photo, read_photo, read_uploads
from tracking.rounds import HOW, WHY, done, stops_of
from tracking.services import rounds
from tracking.services.courier import PositionIn, Taken, take_position
from tracking.services.incoming import Refused
from tracking.services.rounds import Handed

View = Callable[..., HttpResponse]
MOST_SIGNATURE = 400_000  # characters of a drawing


def of_round(*methods: str) -> Callable[[View], View]:
    """A view `(request, round, …)` at `d/<key>/…`, in one transaction of the shop's and in the driver's language."""

    def decorate(view: View) -> View:
        @from_our_own_pages
        @require_http_methods(list(methods))
        @private
        @wraps(view)
        def opened(request: ShopRequest, key: str, *args: Any, **kwargs: Any) -> HttpResponse:
            language = choose_language(
                request.shop, request.GET.get("lang", "").lower(), get_language_from_request(request)
            )
            with shop_context(request.shop.pk), translation.override(language):
                one = rounds.round_of_key(request.shop, key, timezone.now())
                if one is None:
                    return _page(request, language, "tracking/driver_over.html", {}, status=404)
                try:
                    return view(request, one, language, *args, **kwargs)
                except Stop.DoesNotExist as error:
                    raise Http404 from error

        return opened

    return decorate


def _page(
    request: ShopRequest,
    language: str,
    template: str,
    told: dict[str, Any],
    *,
    title: str = "",
    status: int = 200,
) -> HttpResponse:
    brand = Brand.objects.for_shop(request.shop).defer("logo").get()
    frame = frame_of(request.shop, brand, prefix=request.shop_prefix, language=language)
    content = render_to_string(template, {"frame": frame, "base": _base(request), **told})
    html = framed(
        frame, title=title or _("Round"), content=content, live=False,
        css=("page-more.css", "driver.css"), js=("driver.js",),
    )  # fmt: skip
    response = HttpResponse(html, status=status)
    response._csp_update = {"style-src": [frame.style.csp]}  # type: ignore[attr-defined]
    return response


def _base(request: HttpRequest) -> str:
    """Of the round, with a slash: the driver's key is in it."""
    parts = request.path.split("/")
    return "/".join(parts[: parts.index("d") + 2]) + "/" if "d" in parts else "/"


@of_round("GET", "HEAD")
def round_page(request: ShopRequest, one: Round, language: str) -> HttpResponse:
    """All stops, the next one open."""
    stops = stops_of(one)
    following = next((s for s in stops if s.status == "next"), None) or next(
        (s for s in stops if s.is_open), None
    )
    told = {
        "round": one,
        "stops": stops,
        "current": following,
        "query": f"?lang={language}" if request.GET.get("lang", "").lower() == language else "",
        "done": done(stops),
        "how": HOW.items(),
        "why": WHY.items(),
        "error": request.GET.get("error", "")[:1]
        and _("That picture cannot be read. Take another, or go on without."),
    }
    return _page(request, language, "tracking/driver.html", told, title=one.name)


@of_round("POST")
def go_to(request: ShopRequest, one: Round, language: str, pk: int) -> HttpResponse:
    rounds.go_to(shop=request.shop, round_id=one.pk, stop_id=pk, now=timezone.now())
    return _back(request, f"#stop-{pk}")


@of_round("POST")
def delivered(request: ShopRequest, one: Round, language: str, pk: int) -> HttpResponse:
    """With a photo, a signature drawn on the glass, or neither."""
    how = request.POST.get("how", "")
    if how not in HOW:
        raise Http404
    try:
        photo, kind = _picture(request)
    except BadPhotoError as error:
        if request.headers.get("Accept") == "application/json":
            return JsonResponse({"error": str(error)}, status=422)
        return _back(request, f"?error=1#stop-{pk}")
    if kind == "signature" and how == "person":
        how = "signed"
    handed = Handed(
        how,
        request.POST.get("taken_by", ""),
        photo.content if photo else None,
        kind,
        request.POST.get("note", ""),
    )
    rounds.deliver(shop=request.shop, round_id=one.pk, stop_id=pk, handed=handed, now=timezone.now())
    return _back(request, "#content")


def _picture(request: HttpRequest) -> tuple[Photo | None, str]:
    """Raises BadPhotoError."""
    photos = read_uploads(request.FILES.getlist("photo")[:1])
    if photos:
        return photos[0], "photo"
    drawn = request.POST.get("signature", "")
    if not drawn.startswith("data:image/png;base64,") or len(drawn) > MOST_SIGNATURE:
        return None, ""
    try:
        return read_photo(b64decode(drawn.partition(",")[2], validate=True), _("signature")), "signature"
    except binascii.Error as error:
        raise BadPhotoError(_("The signature cannot be read.")) from error


@of_round("POST")
def failed(request: ShopRequest, one: Round, language: str, pk: int) -> HttpResponse:
    why = request.POST.get("why", "")
    if why not in WHY:
        raise Http404
    rounds.fail(
        shop=request.shop, round_id=one.pk, stop_id=pk, why=why, note=request.POST.get("note", ""),
        now=timezone.now(),
    )  # fmt: skip
    return _back(request, "#content")


@of_round("POST")
def position(request: ShopRequest, one: Round, language: str) -> HttpResponse:
    """Where the phone is, for the shopper of the next stop alone. 204, also where nobody is next."""
    stop = one.stops.filter(status="next").values_list("shipment_id", flat=True).first()
    if stop is None:
        return HttpResponse(status=204)
    now = timezone.now()
    try:
        latitude, longitude = (float(request.POST.get(name, "")[:20]) for name in ("latitude", "longitude"))
        said = PositionIn(latitude, longitude, now, stops_before=0)
        taken = take_position(shop=request.shop, shipment_id=stop, position=said, now=now)
    except (ValueError, Refused):
        return HttpResponse(status=422)
    return HttpResponse(status=204 if taken is not Taken.UNKNOWN else 404)


def _back(request: ShopRequest, where: str) -> HttpResponse:
    if request.headers.get("Accept") == "application/json":
        return JsonResponse({"ok": True})
    asked = request.GET.get("lang", "")
    return see_other(
        _base(request) + (f"?lang={asked[:8]}" if asked and not where.startswith("?") else "") + where
    )
