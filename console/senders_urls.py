"""URLs of a shop's senders, and of the addresses it does not write to."""

from django.urls import path

from console import senders, suppressions

urlpatterns = [
    path("senders/", senders.senders, name="senders"),
    path("senders/check/", senders.check, name="sender_check"),
    path("senders/not-written-to/", suppressions.suppressions, name="suppressions"),
    path("senders/not-written-to/<int:pk>/lift/", suppressions.lift, name="suppression_lift"),
    path("senders/<str:channel>/", senders.sender, name="sender"),
    path("senders/<str:channel>/test/", senders.test, name="sender_test"),
]
