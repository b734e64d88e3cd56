"""URLs of the console: first which shop, then everything of that shop."""

from django.urls import include, path, register_converter

from console import invitation, shops


class InvitationKey:
    """As long as one is, so that a shop may be called "join"."""

    regex = "[A-Za-z0-9_-]{32}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(InvitationKey, "invitation")

app_name = "console"
urlpatterns = [
    path("", shops.choose, name="shops"),
    path("join/<invitation:key>/", invitation.join, name="join"),
    path("<slug:slug>/", shops.home, name="home"),
    path("<slug:slug>/", include("console.orders_urls")),
    path("<slug:slug>/", include("console.settings_urls")),
    path("<slug:slug>/", include("console.changes_urls")),
    path("<slug:slug>/", include("console.imports_urls")),
    path("<slug:slug>/", include("console.inbox_urls")),
    path("<slug:slug>/", include("console.after_urls")),
    path("<slug:slug>/", include("console.rounds_urls")),
    path("<slug:slug>/", include("console.reach_urls")),
    path("<slug:slug>/", include("console.rules_urls")),
    path("<slug:slug>/", include("console.senders_urls")),
    path("<slug:slug>/", include("console.messages_urls")),
    path("<slug:slug>/", include("console.editor_urls")),
    path("<slug:slug>/", include("console.worth_urls")),
    path("<slug:slug>/", include("console.offers_urls")),
]
