"""URLs of the API's own description."""

from django.urls import path

from tracking.api import docs

urlpatterns = [
    path("schema/", docs.schema, name="api-schema"),
    path("docs/", docs.page, name="api-docs"),
    path("docs/problems/", docs.problems, name="api-problems"),
]
