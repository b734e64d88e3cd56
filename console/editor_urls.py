"""URLs of a shop's designs and their editor, below its part of the console."""

from django.urls import path

from console import designs, editor, editor_pictures, editor_shown, editor_versions

MESSAGE = "notifications/<str:state>/<str:channel>/<str:language>/"

urlpatterns = [
    path("designs/", designs.designs, name="designs"),
    path("designs/new/", designs.new, name="design_new"),
    path("designs/pictures/<slug:digest>/", editor_pictures.picture, name="picture"),
    path("designs/<str:key>/<str:channel>/name/", designs.rename, name="design_rename"),
    path("designs/<str:key>/<str:channel>/remove/", designs.remove, name="design_remove"),
    path(MESSAGE, editor.template, name="template"),
    path(f"{MESSAGE}edit/", editor.edit, name="template_edit"),
    path(f"{MESSAGE}shown/", editor_shown.shown, name="template_shown"),
    path(f"{MESSAGE}picture/", editor_pictures.upload, name="template_picture"),
    path(f"{MESSAGE}publish/", editor.publish, name="template_publish"),
    path(f"{MESSAGE}discard/", editor.discard, name="template_discard"),
    path(f"{MESSAGE}default/", editor.default, name="template_default"),
    path(f"{MESSAGE}test/", editor.test, name="template_test"),
    path(f"{MESSAGE}versions/", editor_versions.versions, name="template_versions"),
    path(f"{MESSAGE}versions/back/", editor_versions.back, name="template_back"),
]
