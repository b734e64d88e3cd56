"""URLs of what customers wrote, below a shop's part of the console."""

from django.urls import path

from console import inbox, inbox_figures, inbox_thread

urlpatterns = [
    path("inbox/", inbox.inbox, name="inbox"),
    path("inbox/figures/", inbox_figures.inbox_figures, name="inbox_figures"),
    path("inbox/<int:pk>/", inbox_thread.thread, name="inbox_thread"),
    path("inbox/<int:pk>/photo/<str:key>/", inbox_thread.photo, name="inbox_photo"),
]
