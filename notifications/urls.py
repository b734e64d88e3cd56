"""Where providers report."""

from django.urls import include, path

from notifications.receipts import mail_receipt, twilio_receipt
from notifications.replies import twilio_reply

urlpatterns = [
    path("twilio/<slug:slug>/<str:key>/<uuid:message_id>", twilio_receipt, name="twilio_receipt"),
    path("twilio/<slug:slug>/<str:key>/in", twilio_reply, name="twilio_reply"),
    path("mail/<slug:slug>/<str:key>/<slug:provider>", mail_receipt, name="mail_receipt"),
    path("email/", include("notifications.email_urls")),
]
