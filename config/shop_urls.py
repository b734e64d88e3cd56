"""URLs below a shop: on its own host, and under /s/<slug>/ on the installation's."""

from django.urls import include, path

urlpatterns = [
    path("", include("tracking.shop_urls")),
    path("", include("notifications.shop_urls")),
]
handler404 = "tracking.views.not_found"
handler500 = "tracking.views.server_error"
