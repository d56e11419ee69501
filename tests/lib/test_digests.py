"""Digests, and the digest of a list of files."""

import hashlib
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from lib import digests

FILE = st.tuples(
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=5),
    st.binary(max_size=3).map(digests.of_bytes),
    st.integers(0, 2**40),
)
FILES = st.lists(FILE, unique_by=lambda file: file[0], max_size=5)


def test_a_digest_has_64_small_hexadecimal_digits() -> None:
    sha256 = hashlib.sha256(b"x").hexdigest()
    assert digests.is_sha256(sha256)
    assert not digests.is_sha256(sha256.upper())
    assert not digests.is_sha256(sha256 + "\n")
    assert not digests.is_sha256(sha256[:-1])
    assert not digests.is_sha256("../" + sha256[3:])


@given(FILES, st.randoms())
def test_the_order_of_files_does_not_matter(files: list[tuple[str, str, int]], random: Random) -> None:
    shuffled = list(files)
    random.shuffle(shuffled)
    assert digests.of_files(files) == digests.of_files(shuffled)


@given(FILES, FILES)
def test_two_different_lists_have_two_digests(
    some: list[tuple[str, str, int]], others: list[tuple[str, str, int]]
) -> None:
    assert (digests.of_files(some) == digests.of_files(others)) == (set(some) == set(others))
