"""URLs of changes to deliveries: what is offered, what was asked for, what came of it."""

from django.urls import path

from console import changes, changes_report, note, options

urlpatterns = [
    path("changes/", changes.changes, name="changes"),
    path("changes/report/", changes_report.report, name="changes_report"),
    path("changes/report.csv", changes_report.report_csv, name="changes_report_csv"),
    path("changes/<int:pk>/<str:act>/", changes.change_act, name="change_act"),
    path("orders/<int:pk>/note/", note.note, name="order_note"),
    path("delivery/", options.options, name="options"),
    path("delivery/add/", options.option_add, name="option_add"),
    path("delivery/places/", options.places, name="places"),
    path("delivery/places/remove/", options.places_remove, name="places_remove"),
    path("delivery/<int:pk>/", options.option, name="option"),
    path("delivery/<int:pk>/remove/", options.option_remove, name="option_remove"),
]
