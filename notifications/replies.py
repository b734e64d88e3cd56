"""What shoppers answer to a shop's text messages: stop, start again, help."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from twilio.twiml.messaging_response import MessagingResponse

from notifications import opt_out
from notifications.models import Message
from notifications.receipts import is_twilios
from notifications.services.suppressing import allow_again, suppress
from tenants.isolation import shop_context
from tenants.middleware import shop_by_slug
from tenants.models import Shop


@csrf_exempt
@require_POST
def twilio_reply(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """A message that came in. Where Twilio has answered it itself, we only note what it means."""
    shop = shop_by_slug(slug)
    if shop is None:
        raise Http404
    with shop_context(shop.pk):
        if not is_twilios(request, shop, key, f"/receipts/twilio/{slug}/{key}/in"):
            raise Http404
        said, kind = request.POST.get("Body", ""), request.POST.get("OptOutType", "")
        channel, number = _whose(request.POST.get("From", ""))
        meaning = opt_out.meant_by(said, kind)
        if meaning == opt_out.STOP:
            suppress(
                shop_id=shop.pk, channel=channel, address=number, why="stopped", now=timezone.now(),
                detail=opt_out.word_in(said),
            )  # fmt: skip
        elif meaning == opt_out.START:
            allow_again(shop_id=shop.pk, channel=channel, address=number, now=timezone.now())
        language = _language(shop, channel, number)
    answer = MessagingResponse()
    if meaning and not (channel == "sms" and opt_out.is_answered_by_twilio(said, kind)):
        with translation.override(language):
            answer.message(_answer(meaning, shop))
    return HttpResponse(str(answer), content_type="text/xml; charset=utf-8")


def _whose(sender: str) -> tuple[str, str]:
    is_whatsapp = sender.startswith("whatsapp:")
    return ("whatsapp" if is_whatsapp else "sms"), sender.removeprefix("whatsapp:")[:32]


def _language(shop: Shop, channel: str, number: str) -> str:
    """That of the last message they had from the shop."""
    sent = Message.objects.for_shop(shop).filter(channel=channel, recipient=number)
    return str(sent.order_by("-created_at").values_list("language", flat=True).first() or shop.language)


def _answer(meaning: str, shop: Shop) -> str:
    if meaning == opt_out.STOP:
        return _("%(shop)s sends you no more messages here. Answer START to get them again.") % {
            "shop": shop.name
        }
    if meaning == opt_out.START:
        return _("You get messages about your orders from %(shop)s again. Answer STOP to end them.") % {
            "shop": shop.name
        }
    reach = shop.contact_email or shop.contact_phone
    if not reach:
        return _("Messages about your orders from %(shop)s. Answer STOP to end them.") % {"shop": shop.name}
    return _("Messages about your orders from %(shop)s. Help: %(reach)s. Answer STOP to end them.") % {
        "shop": shop.name, "reach": reach,
    }  # fmt: skip
