"""A shopper's choices: on an order's page, and where the links in mails lead; the pictures of mails."""

from django.urls import path, re_path

from notifications import alerts_page, click_page, mail_pages, no_offers_page, picture_pages, pixel

urlpatterns = [
    path("t/<str:token>/alerts", alerts_page.alerts, name="page_alerts"),
    path("t/<str:token>/alerts/browser", alerts_page.browser, name="page_alerts_browser"),
    path("stop/<str:key>", mail_pages.stop, name="stop"),
    path("follow/<str:key>", mail_pages.follow, name="follow"),
    path("no-offers/<str:key>", no_offers_page.no_offers, name="no_offers"),
    path("m/<str:key>", click_page.link, name="mail_link"),
    path("o/<str:key>.gif", pixel.pixel, name="pixel"),
    path("sw.js", mail_pages.worker, name="worker"),
    re_path(
        r"^mail/picture/(?P<digest>[0-9a-f]{32})\.(?P<ending>png|jpg)$",
        picture_pages.picture,
        name="mail_picture",
    ),
    path("mail/map/<str:key>.png", picture_pages.map_png, name="mail_map"),
    path("mail/code/<str:key>.png", picture_pages.code_png, name="mail_code"),
]
