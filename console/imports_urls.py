"""URLs of files of orders, below a shop's part of the console."""

from django.urls import path

from console import import_job, imports

urlpatterns = [
    path("imports/", imports.imports, name="imports"),
    path("imports/<int:job_id>/", import_job.job, name="import"),
    path("imports/<int:job_id>/refused.csv", import_job.refused_rows, name="import_refused"),
]
