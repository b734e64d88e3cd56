"""URLs of a shop's settings and messages, below its part of the console."""

from django.urls import path

from console import rules, template

MESSAGE = "notifications/<str:state>/<str:channel>/<str:language>/"

urlpatterns = [
    path("notifications/", rules.rules, name="rules"),
    path("notifications/channels/<str:channel>/", rules.channel, name="channel"),
    path(MESSAGE, template.template, name="template"),
    path(f"{MESSAGE}shown/", template.shown, name="template_shown"),
    path(f"{MESSAGE}default/", template.default, name="template_default"),
    path(f"{MESSAGE}test/", template.test, name="template_test"),
]
