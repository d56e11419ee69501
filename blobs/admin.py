"""Bytes and trees in the admin, to be read by administrators."""

from django.contrib import admin

from accounts.admin.base import HouseAdmin, ShownInline
from blobs.models import Blob, Tree, TreeFile


@admin.register(Blob)
class BlobAdmin(HouseAdmin):
    """What is in the store."""

    for_administrators = True
    shown = ("sha256", "size", "wanted_at")
    list_display = ("sha256", "size", "wanted_at")
    search_fields = ("sha256__startswith",)
    ordering = ("-pk",)


class FileInline(ShownInline):
    """The files of a tree."""

    model = TreeFile
    fields = ("path", "blob")
    follows = ("blob",)
    ordering = ("path",)
    per_page = 50


@admin.register(Tree)
class TreeAdmin(HouseAdmin):
    """The frozen lists of files that versions are made of."""

    for_administrators = True
    shown = ("digest", "file_count", "size", "created_at")
    list_display = ("digest", "file_count", "size", "created_at")
    search_fields = ("digest__startswith",)
    ordering = ("-pk",)
    inlines = (FileInline,)
