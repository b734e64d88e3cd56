"""URLs of a shop's own names, its widget, and who looked at its pages, below its part of the console."""

from django.urls import path

from console import domains, visits, widget

urlpatterns = [
    path("domains/", domains.domains, name="domains"),
    path("domains/<int:pk>/check/", domains.check, name="domain_check"),
    path("domains/<int:pk>/primary/", domains.primary, name="domain_primary"),
    path("domains/<int:pk>/remove/", domains.remove, name="domain_remove"),
    path("widget/", widget.widget, name="widget"),
    path("visits/", visits.visits, name="visits"),
]
