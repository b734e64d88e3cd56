"""URLs of how messages fare and what they are worth, and of the configuration as a file, below a shop's part of the console."""

from django.urls import path

from console import config, message_report, worth

urlpatterns = [
    path("configuration/", config.config, name="config"),
    path("configuration/export/", config.config_export, name="config_export"),
    path("configuration/look/", config.config_look, name="config_look"),
    path("configuration/apply/", config.config_apply, name="config_apply"),
    path("configuration/<int:pk>/", config.config_change, name="config_change"),
    path("report/messages/", message_report.message_report, name="report_messages"),
    path("report/messages/csv/", message_report.message_report_csv, name="report_messages_csv"),
    path("worth/", worth.worth_page, name="worth"),
    path("worth/share/", worth.share, name="worth_share"),
    path("worth/cost/", worth.cost, name="worth_cost"),
]
