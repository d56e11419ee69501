"""Freezing a folder into a tree."""

from collections.abc import Iterable

from django.db import IntegrityError, transaction

from accounts.models import User
from blobs.models import Blob, Folder, Tree, TreeFile
from blobs.queries import below
from lib import digests, paths
from lib.errors import Invalid


@transaction.atomic
def freeze(folder: Folder, path: str = "", *, actor: User) -> Tree:
    """The tree of what is below `path` now. The same content gives the same tree. Raises Invalid for nothing."""
    path = paths.clean_folder(path)
    start = len(path) + 1 if path else 0
    files = below(folder.files.select_related("blob"), path)
    return plant([(file.path[start:], file.blob) for file in files.order_by("path")], actor=actor)


@transaction.atomic
def plant(files: Iterable[tuple[str, Blob]], *, actor: User) -> Tree:
    """The tree of these files, made if there is none with the same digest yet."""
    files = list(files)
    if not files:
        raise Invalid("source", "There are no files there.")
    digest = digests.of_files((path, blob.sha256, blob.size) for path, blob in files)
    if tree := Tree.objects.filter(digest=digest).first():
        return tree
    try:
        with transaction.atomic():
            tree = Tree.objects.create(digest=digest, file_count=len(files), size=sum(blob.size for _, blob in files))
            TreeFile.objects.bulk_create(
                [TreeFile(tree=tree, path=path, blob=blob) for path, blob in files], batch_size=1000
            )
    except IntegrityError:
        # Somebody froze the same content at the same moment.
        return Tree.objects.get(digest=digest)
    return tree
