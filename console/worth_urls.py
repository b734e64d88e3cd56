"""URLs of what messages are worth, below a shop's part of the console."""

from django.urls import path

from console import worth

urlpatterns = [
    path("worth/", worth.worth_page, name="worth"),
    path("worth/share/", worth.share, name="worth_share"),
    path("worth/cost/", worth.cost, name="worth_cost"),
]
