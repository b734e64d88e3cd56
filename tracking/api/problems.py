"""What went wrong, as RFC 9457 has it: `application/problem+json`, with sentences that say what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import Http404, UnreadablePostError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from drf_standardized_errors.formatter import ExceptionFormatter
from drf_standardized_errors.types import ErrorResponse
from rest_framework import exceptions

from tracking.services.incoming import Refused

CONTENT_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem. `title` never changes from one case to the next; `remedy` is for the page about it."""

    code: str
    status: int
    title: str | Promise
    remedy: str | Promise


KINDS: dict[str, Kind] = {
    kind.code: kind
    for kind in (
        Kind("malformed", 400, _("The request cannot be read"), _("Send the body as JSON, in UTF-8.")),
        Kind(
            "not_authenticated",
            401,
            _("An API key is needed"),
            _("Send the header Authorization: Bearer, with a key made in the console."),
        ),
        Kind(
            "permission_denied",
            403,
            _("The key may not do this"),
            _("Make a key with the scope this call needs."),
        ),
        Kind("not_found", 404, _("Not found"), _("Check the address, the number and the channel.")),
        Kind(
            "method_not_allowed",
            405,
            _("The address does not answer this method"),
            _("The header Allow names those it answers."),
        ),
        Kind(
            "conflict",
            409,
            _("It cannot be done just now"),
            _(
                "Read the detail; where there is a header Retry-After, the same call works after that many seconds."
            ),
        ),
        Kind("too_large", 413, _("The request is too large"), _("Send fewer orders in one call.")),
        Kind(
            "unsupported_media_type",
            415,
            _("The body is not JSON"),
            _("Send the header Content-Type: application/json."),
        ),
        Kind(
            "invalid",
            422,
            _("Some values cannot be taken"),
            _("Nothing was written. Correct what `errors` names, and send it again."),
        ),
        Kind(
            "throttled",
            429,
            _("Too many requests"),
            _("Wait as many seconds as the header Retry-After says."),
        ),
        Kind("error", 500, _("Something went wrong on our side"), _("Nothing was written. Try again later.")),
        Kind(
            "unavailable",
            503,
            _("Not available just now"),
            _("Nothing was written. Try again after as many seconds as the header Retry-After says."),
        ),
    )
}
_BY_STATUS = {kind.status: kind for kind in KINDS.values()}


class Malformed(exceptions.APIException):
    status_code = 400
    default_code = "malformed"


class Conflict(exceptions.APIException):
    status_code = 409
    default_code = "conflict"
    wait: float | None = None

    def __init__(self, detail: Any, *, wait: float | None = None) -> None:
        super().__init__(detail)
        self.wait = wait


class TooLarge(exceptions.APIException):
    status_code = 413
    default_code = "too_large"
    default_detail = _("The body is larger than %(most)d MB: send fewer orders in one call.")

    def __init__(self) -> None:
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE // (1024 * 1024)
        super().__init__(str(self.default_detail) % {"most": most})


class Invalid(exceptions.APIException):
    """Values that cannot be taken: for each field, sentences."""

    status_code = 422
    default_code = "invalid"

    def __init__(self, fields: dict[str, list[str]]) -> None:
        super().__init__(str(KINDS["invalid"].remedy))
        self.fields = fields

    @classmethod
    def because(cls, field: str, sentence: str) -> Invalid:
        return cls({field: [sentence]})

    def as_errors(self) -> list[dict[str, str]]:
        return [
            {"field": name, "code": self.default_code, "detail": str(sentence)}
            for name, sentences in self.fields.items()
            for sentence in sentences
        ]


class Unavailable(exceptions.APIException):
    status_code = 503
    default_code = "unavailable"
    default_detail = _("The database is busy. Nothing was written: try again.")
    wait = 2.0  # seconds


def as_problem(error: Exception) -> Exception:
    """What the rest of the product raises, as one of ours."""
    match error:
        case Refused():
            return Invalid(error.fields)
        case RequestDataTooBig():
            return TooLarge()
        case UnreadablePostError():
            return Malformed(_("The body broke off before its end: send it again."))
        case OperationalError() | InterfaceError():
            return Unavailable()
        case Http404():
            return exceptions.NotFound(str(error) or None)
        case exceptions.NotAuthenticated() | exceptions.UnsupportedMediaType():
            error.detail = exceptions.ErrorDetail(str(KINDS[error.default_code].remedy), error.default_code)
    return error


class ProblemFormatter(ExceptionFormatter):
    """The body of every answer that is an error."""

    def format_error_response(self, error_response: ErrorResponse) -> dict[str, Any]:
        kind = _BY_STATUS.get(self.exc.status_code, KINDS["malformed"])
        detail = " ".join(error.detail for error in error_response.errors)
        return {
            "type": f"{settings.SITE_URL}/api/docs/problems/#{kind.code}",
            "title": str(kind.title),
            "status": kind.status,
            "detail": str(kind.remedy) if kind.status == 500 or not detail else detail,
            "errors": self.exc.as_errors() if isinstance(self.exc, Invalid) else [],
        }
