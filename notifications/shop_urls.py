"""A shopper's choices: on an order's page, and where the links in mails lead."""

from django.urls import path

from notifications import alerts_page, mail_pages, pixel

urlpatterns = [
    path("t/<str:token>/alerts", alerts_page.alerts, name="page_alerts"),
    path("t/<str:token>/alerts/browser", alerts_page.browser, name="page_alerts_browser"),
    path("stop/<str:key>", mail_pages.stop, name="stop"),
    path("follow/<str:key>", mail_pages.follow, name="follow"),
    path("o/<str:key>.gif", pixel.pixel, name="pixel"),
    path("sw.js", mail_pages.worker, name="worker"),
]
