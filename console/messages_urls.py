"""URLs of a shop's messages, below its part of the console."""

from django.urls import path

from console import messages, messages_one

urlpatterns = [
    path("messages/", messages.messages, name="messages"),
    path("messages/export/", messages.export, name="messages_export"),
    path("messages/resend/", messages.resend_all, name="messages_resend"),
    path("messages/<uuid:message_id>/", messages_one.message, name="message"),
    path("messages/<uuid:message_id>/shown/", messages_one.shown, name="message_shown"),
    path("messages/<uuid:message_id>/resend/", messages_one.resend, name="message_resend"),
]
