"""`gatehouse sign`: a bundle over a folder that `gatehouse verify`, the registry and `model_signing verify` accept."""

import os
import sys
from pathlib import Path

from gatehouse.folders import hashed, plain
from supply.signing import keys, making
from supply.signing.refusals import UnusableKey
from supply.signing.verification import shown

USAGE = 2
PASSWORD = "GATEHOUSE_KEY_PASSWORD"  # noqa: S105 # the name of a variable
_GIT = (".git/", ".github/", ".gitattributes", ".gitignore")


def run(folder: Path, *, key: Path, output: Path) -> int:
    """Sign every file and write the bundle; 0, or 2 with a sentence."""
    if not folder.is_dir():
        return _refuse(f"{folder} is not a folder.")
    place, top = plain(output), plain(folder)
    inside = place.is_relative_to(top)
    if inside and place.parent != top:
        return _refuse(
            "Write the signature to the top of the folder or outside of it: nowhere else may it stay unsigned."
        )
    try:
        password = os.environ.get(PASSWORD)
        private = keys.read_private_key(key.read_bytes(), password.encode() if password else None)
        found = hashed(folder, without=frozenset({place}))
        if found.odd:
            return _refuse(
                f"{shown(found.odd[0])} is no plain file, which a signature cannot cover: sign a copy without links."
            )
        if not found.files:
            return _refuse(f"There are no files in {folder}.")
        ignored = [place.name] if inside else []
        document = making.sign_files(folder.resolve().name, found.files, private, ignore_paths=ignored)
        _write(place, document)
    except UnusableKey as problem:
        return _refuse(f"{key}: {problem}")
    except OSError as problem:
        return _refuse(f"{problem.filename}: {problem.strerror}.")
    count = len(found.files)
    print(f"Signed {count} file{'' if count == 1 else 's'} with the key {keys.fingerprint(private.public_key())}.")
    print(f"The signature is {output}.")
    if any(path.startswith(_GIT) for path in found.files):
        print("It covers files of git as well; `model_signing verify` wants --no-ignore-git-paths for them.")
    return 0


def _write(place: Path, document: bytes) -> None:
    """Whole or not at all."""
    beside = place.with_name(f".{place.name}.{os.getpid()}")
    try:
        beside.write_bytes(document)
        beside.replace(place)
    finally:
        beside.unlink(missing_ok=True)


def _refuse(sentence: str) -> int:
    print(f"gatehouse sign: {sentence}", file=sys.stderr)
    return USAGE
