"""Names that people take for one another: letters that cannot be seen, letters of two scripts in one word, twins.

After Unicode's report on security mechanisms (https://www.unicode.org/reports/tr39/), as far as the scripts go whose
letters look like Latin ones.
"""

import re
import unicodedata

# Letters, marks and signs that take no room on a screen, beside those that Unicode calls formats.
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
_SCRIPTS_ALIKE = {"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC", "LISU", "GOTHIC"}
_WORD = re.compile(r"[^\W\d_]+")
# Small letters, and those whose capitals look like a Latin capital, by the Latin letter that they are taken for.
_TWINS = str.maketrans(
    "авекмнорстухіјѕԁһԛԝӏ" + "αεικνορτυχη" + "ɑɡıℓ",
    "abekmhopctyxijsdhqwl" + "aeikvoptuxn" + "agil",
)


def has_unseen(name: str) -> bool:
    """Whether there is something in the name that nobody can see or that moves the text around."""
    return not name.isprintable() or bool(_UNSEEN.search(name))


def mixes_scripts(name: str) -> bool:
    """Whether one word of the name has letters of two scripts that look alike, such as a Cyrillic “а” in “iris”."""
    return any(len({_script(letter) for letter in word} & _SCRIPTS_ALIKE) > 1 for word in _WORD.findall(name))


def fold(name: str) -> str:
    """The form in which names that look alike are equal: case, width, twins of Latin letters, runs of blanks."""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return " ".join(plain.translate(_TWINS).split())


def _script(letter: str) -> str:
    return unicodedata.name(letter, "").partition(" ")[0]
