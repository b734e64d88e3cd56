"""Where mail providers report and hand in mails: Anymail's own addresses, with room for photos where mails come in."""

from anymail import urls
from django.urls import URLPattern

from notifications.inbound import roomy

app_name = urls.app_name
urlpatterns = [
    URLPattern(entry.pattern, roomy(entry.callback), entry.default_args, entry.name)
    if "inbound" in (entry.name or "")
    else entry
    for entry in urls.urlpatterns
]
