"""URLs of the installation's own host. A shop's host has `tracking.shop_urls`."""

from django.urls import include, path
from django.views.i18n import set_language

from config import pages

urlpatterns = [
    path("", pages.front, name="front"),
    path("robots.txt", pages.robots),
    path("accounts/", include("allauth.urls")),
    path("language/", set_language, name="set_language"),
    path("console/", include("console.urls")),
    path("api/v1/", include("notifications.api.urls")),
    path("api/v1/", include("tracking.api.urls")),
    path("api/", include("tracking.api.docs_urls")),
    path("hooks/", include("tracking.hook_urls")),
    path("receipts/", include("notifications.urls")),
    path("metrics", pages.metrics, name="metrics"),
]
handler404 = "config.errors.not_found"
handler500 = "config.errors.server_error"
