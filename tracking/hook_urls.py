"""The addresses carriers push to, below /hooks/ on the installation's host."""

from django.urls import path

from tracking import hooks

urlpatterns = [
    path("<slug:slug>/<str:carrier>/<str:hook_key>", hooks.push, name="carrier_push"),
]
