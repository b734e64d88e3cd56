"""URLs of a shop's settings, below its part of the console."""

from django.urls import path

from console import (
    brand,
    carrier_code,
    carrier_codes,
    carriers,
    keys,
    settings,
    states,
    team,
    wordings,
)

urlpatterns = [
    path("brand/", brand.brand, name="brand"),
    path("brand/contrast/", brand.contrast, name="brand_contrast"),
    path("brand/preview/", brand.preview, name="brand_preview"),
    path("carriers/", carriers.carriers, name="carriers"),
    path("carriers/codes/", carrier_codes.codes, name="carrier_codes"),
    path("carriers/codes/<str:carrier>/", carrier_code.code, name="carrier_code"),
    path("carriers/connect/<str:carrier>/", carriers.connect, name="carrier_connect"),
    path("carriers/<int:pk>/", carriers.carrier, name="carrier"),
    path("carriers/<int:pk>/try/", carriers.trial, name="carrier_try"),
    path("carriers/<int:pk>/enabled/", carriers.enabled, name="carrier_enabled"),
    path("carriers/<int:pk>/remove/", carriers.remove, name="carrier_remove"),
    path("states/", states.states, name="states"),
    path("states/preset/", states.preset, name="preset"),
    path("words/", wordings.wordings, name="wordings"),
    path("words/<str:about>/<str:language>/", wordings.wording, name="wording"),
    path("team/", team.team, name="team"),
    path("team/invite/", team.invite, name="invite"),
    path("team/<int:pk>/role/", team.role, name="member_role"),
    path("team/<int:pk>/remove/", team.remove, name="member_remove"),
    path("team/invitations/<int:pk>/cancel/", team.cancel, name="invitation_cancel"),
    path("keys/", keys.keys, name="keys"),
    path("keys/<int:pk>/revoke/", keys.revoke, name="key_revoke"),
    path("settings/", settings.settings, name="settings"),
]
