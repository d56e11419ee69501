"""Names of files, in a version and in archives: what some system could not keep, or a person could not tell apart."""

import re
import unicodedata
from collections.abc import Iterable, Iterator

MOST_REMARKS = 50
DEEPEST = 100
RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)", re.IGNORECASE)
# Letters of these scripts are drawn like Latin ones.
LOOKALIKES = ("CYRILLIC ", "GREEK ", "ARMENIAN ", "CHEROKEE ", "FULLWIDTH ", "MATHEMATICAL ")
WORD = re.compile(r"[^\W\d_]+")


def remarks(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """(name, sentence) for names that are not plain, and for two that mean the same file on some system."""
    said = 0
    known: dict[str, str] = {}
    folders: dict[str, str] = {}
    for name in names:
        for sentence in (_unusual(name), _collision(name, known, folders)):
            if sentence and said < MOST_REMARKS:
                said += 1
                yield name, sentence


def _collision(name: str, known: dict[str, str], folders: dict[str, str]) -> str | None:
    key = _key(name)
    if key not in known:
        known[key] = name
    elif known[key] == name:
        return f"The name {name!r} stands there twice."
    else:
        other = known[key]
        return f"The names {other!r} and {name!r} are one on some systems."
    if not name.endswith("/") and key in folders:
        return f"{name!r} is the name of a file and of a folder."
    parts = name.rstrip("/").split("/")
    if len(parts) > DEEPEST:
        return f"The name {name!r} has more folders than systems keep."
    for end in range(1, len(parts)):
        folder = "/".join(parts[:end])
        folder_key = _key(folder)
        spelled = folders.setdefault(folder_key, folder)
        if spelled != folder:
            return f"The folders {spelled!r} and {folder!r} are one on some systems."
        if known.get(folder_key, folder + "/") == folder:
            return f"{folder!r} is the name of a file and of a folder."
    return None


def _key(name: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name.rstrip("/")).casefold())


def _unusual(name: str) -> str | None:
    if any(unicodedata.category(character) in ("Cc", "Cf", "Co", "Cn", "Cs", "Zl", "Zp") for character in name):
        return f"The name {name!r} holds characters that cannot be seen."
    for part in name.rstrip("/").split("/"):
        if RESERVED.match(part):
            return f"The name {name!r} is a device on Windows."
        if part not in (".", "..") and part != part.rstrip(". "):
            return f"The name {name!r} ends in a dot or a blank, which Windows leaves out."
        if ":" in part or "\\" in part:
            return f"The name {name!r} means something else on Windows."
        for word in WORD.findall(part):
            if not word.isascii() and _mixes_scripts(word):
                return f"The name {name!r} mixes letters that look alike."
    return None


def _mixes_scripts(word: str) -> bool:
    """Whether a word has Latin letters and others that are drawn like them."""
    spelled = [unicodedata.name(character, "") for character in word]
    return any(name.startswith("LATIN ") for name in spelled) and any(name.startswith(LOOKALIKES) for name in spelled)
