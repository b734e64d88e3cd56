"""Where providers report."""

from django.urls import include, path

from notifications.receipts import twilio_receipt

urlpatterns = [
    path("twilio/<slug:slug>/<str:key>/<uuid:message_id>", twilio_receipt, name="twilio_receipt"),
    path("email/", include("notifications.email_urls")),
]
