"""URLs of the shop's own rounds, below its part of the console."""

from django.urls import path

from console import rounds

urlpatterns = [
    path("rounds/", rounds.rounds, name="rounds"),
    path("rounds/<int:pk>/", rounds.one_round, name="round"),
    path("rounds/<int:pk>/stops/", rounds.arrange, name="round_stops"),
    path("rounds/<int:pk>/key/", rounds.key, name="round_key"),
    path("rounds/<int:pk>/end/", rounds.end, name="round_end"),
]
