"""The shopper's pages: the form that finds an order, an order's own page, and the pages below it."""

from django.urls import path, re_path

from tracking import (
    calendar_page,
    code_page,
    delivery_page,
    driver_page,
    gift,
    map_page,
    opened,
    thread_page,
    views,
    widget,
    write_page,
)

urlpatterns = [
    path("", views.lookup, name="lookup"),
    # With a slash: the page is kept without its own address in it, and links below it are relative.
    path("t/<str:token>/", views.page, name="page"),
    path("t/<str:token>", views.with_slash),
    path("t/<str:token>/seen", opened.seen, name="page_seen"),
    path("t/<str:token>/map.svg", map_page.map_svg, name="page_map"),
    path("t/<str:token>/position", map_page.position, name="page_position"),
    path("t/<str:token>/picture/<int:pk>", map_page.picture, name="page_picture"),
    path("t/<str:token>/code", code_page.code, name="page_code"),
    path("t/<str:token>/delivery", delivery_page.delivery, name="delivery"),
    path("t/<str:token>/delivery/<int:number>/<slug:kind>", delivery_page.change, name="delivery_change"),
    path("t/<str:token>/delivery/asked/<int:pk>", delivery_page.asked, name="delivery_asked"),
    path("t/<str:token>/delivery/withdraw/<int:pk>", delivery_page.withdraw, name="delivery_withdraw"),
    path("t/<str:token>/write", write_page.write, name="page_write"),
    path("t/<str:token>/messages", thread_page.messages, name="page_messages"),
    path("t/<str:token>/photo/<str:key>", thread_page.photo, name="page_photo"),
    path("widget.js", widget.script, name="widget_script"),
    path("widget", widget.box, name="widget_box"),
    path("e/<str:said>", widget.status, name="widget_status"),
    path("e/<str:said>/open", widget.open_page, name="widget_open"),
    path("t/<str:token>/delivery.ics", calendar_page.delivery, name="page_calendar"),
    path("t/<str:token>/gift", gift.gift, name="page_gift"),
    path("d/<str:key>/", driver_page.round_page, name="driver"),
    path("d/<str:key>/position", driver_page.position, name="driver_position"),
    path("d/<str:key>/stops/<int:pk>/next", driver_page.go_to, name="driver_next"),
    path("d/<str:key>/stops/<int:pk>/delivered", driver_page.delivered, name="driver_delivered"),
    path("d/<str:key>/stops/<int:pk>/failed", driver_page.failed, name="driver_failed"),
    re_path(r"^brand/(?P<logo_hash>[0-9a-f]{16})\.png$", views.logo, name="logo"),
    path("robots.txt", views.robots),
]
