"""URLs of the console: first which shop, then everything of that shop."""

from django.urls import include, path

from console import shops

app_name = "console"
urlpatterns = [
    path("", shops.choose, name="shops"),
    path("<slug:slug>/", shops.home, name="home"),
    path("<slug:slug>/", include("console.orders_urls")),
    path("<slug:slug>/", include("console.settings_urls")),
]
