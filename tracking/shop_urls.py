"""URLs below a shop: on its own host, and under /s/<slug>/ on the installation's."""

from django.urls import path, re_path

from tracking import views

urlpatterns = [
    path("", views.lookup, name="lookup"),
    path("t/<str:token>", views.page, name="page"),
    re_path(r"^brand/(?P<logo_hash>[0-9a-f]{16})\.png$", views.logo, name="logo"),
    path("robots.txt", views.robots),
]
handler404 = "tracking.views.not_found"
handler500 = "tracking.views.server_error"
