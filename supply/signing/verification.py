"""What a document is worth: who signed it, by whom that is trusted now, and whether it covers every file.

There is one good answer and many others. A signature is worth something only when it covers all files, those under
`.git/` included, whatever the signer chose to leave out; the one file that may stay uncovered is the signature itself.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from supply.signing import certificates, keys
from supply.signing.anchors import Anchor, Kind
from supply.signing.documents import MOST_BYTES, Document, read_document
from supply.signing.refusals import Malformed, UnusableKey

_FEW = 5
_LONGEST_NAME = 200


class State(StrEnum):
    """How it ends. Only `verified` is good."""

    VERIFIED = "verified"
    UNKNOWN_SIGNER = "unknown signer"
    BAD_SIGNATURE = "bad signature"
    EXPIRED = "expired"
    NOT_YET_VALID = "not yet valid"
    REVOKED = "revoked"
    OTHER_CONTENT = "covers other content"
    INCOMPLETE = "does not cover everything"
    MALFORMED = "malformed"


# Of several signatures in an envelope the best one counts, and of those that count nothing the one that says most.
_BEST_FIRST = (
    State.VERIFIED,
    State.REVOKED,
    State.EXPIRED,
    State.NOT_YET_VALID,
    State.BAD_SIGNATURE,
    State.UNKNOWN_SIGNER,
)


@dataclass(frozen=True, slots=True)
class Signer:
    """Who made a signature, and whether that counts now: `state` is verified, or why not."""

    state: State
    sentence: str
    anchor: str = ""
    kind: Kind | None = None
    # Of the key, or of the certificate that signed; whatever the document itself claims where nobody is known.
    fingerprint: str = ""
    subject: str = ""
    anchor_fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class Coverage:
    """The files of a version against those that a statement names."""

    total: int
    covered: int
    uncovered: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    # Named by the statement and not there.
    extra: tuple[str, ...] = ()
    # The file that is this very signature, and that therefore need not be covered.
    itself: str = ""


@dataclass(frozen=True, slots=True)
class Verification:
    """The whole answer. `sentence` says it in words, and who signed even where the files do not fit."""

    state: State
    sentence: str
    signer: Signer | None = None
    coverage: Coverage | None = None
    predicate_type: str = ""

    @property
    def is_verified(self) -> bool:
        """Whether somebody who is trusted now signed all of these files."""
        return self.state is State.VERIFIED


def verify(
    raw: bytes,
    files: Mapping[str, str],
    anchors: Iterable[Anchor],
    now: datetime,
    *,
    itself: str = "",
    most: int = MOST_BYTES,
) -> Verification:
    """Verify a bundle or an envelope against the SHA-256 of every file. Never raises for what is in the document.

    `itself` names the file among them that holds this document; without it that is a file with exactly these bytes.
    Moments are compared with `now`: without a trusted timestamp nobody knows when a signature was made.
    """
    try:
        document = read_document(raw, most=most)
    except Malformed as problem:
        return Verification(State.MALFORMED, f"Nothing that can be verified: {problem}")
    signer = find_signer(document, list(anchors), now)
    found = coverage(document.statement.files, files, itself or _holding(raw, files))
    state, sentence = signer.state, signer.sentence
    if state is State.VERIFIED:
        state, sentence = _judged(found, signer)
    return Verification(state, sentence, signer, found, document.statement.predicate_type)


def find_signer(document: Document, anchors: list[Anchor], now: datetime) -> Signer:
    """Who signed the envelope: the best of all its signatures."""
    revoked = {anchor.fingerprint for anchor in anchors if anchor.is_revoked}
    found = [
        *_by_keys(document, anchors, now),
        *_by_certificates(document, anchors, revoked, now),
    ]
    if not found:
        return _nobody(document, anchors)
    return min(found, key=lambda signer: _BEST_FIRST.index(signer.state))


def coverage(named: Mapping[str, str], files: Mapping[str, str], itself: str = "") -> Coverage:
    """Compare what is named with what is there."""
    uncovered = sorted(files.keys() - named.keys())
    changed = sorted(path for path in files.keys() & named.keys() if files[path] != named[path])
    exempt = itself if itself in uncovered and _is_at_top(itself) else ""
    return Coverage(
        total=len(files) - bool(exempt),
        covered=len(files) - len(uncovered) - len(changed),
        uncovered=tuple(path for path in uncovered if path != exempt),
        changed=tuple(changed),
        extra=tuple(sorted(named.keys() - files.keys())),
        itself=exempt,
    )


def shown(name: str) -> str:
    """A name from a document or a folder, fit for a page and a terminal."""
    plain = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in name[:_LONGEST_NAME])
    return plain if len(name) <= _LONGEST_NAME else f"{plain}…"


# ---- who signed


def _by_keys(document: Document, anchors: list[Anchor], now: datetime) -> Iterator[Signer]:
    """The trusted keys that made one of the signatures, and those that one of them only claims to be by."""
    signed = document.envelope.signed_bytes
    for anchor in anchors:
        if anchor.kind is not Kind.KEY:
            continue
        try:
            key = keys.read_public_key(anchor.pem)
        except UnusableKey:
            continue  # it would not be trusted if it were added today
        who = _Who(anchor.name, Kind.KEY, anchor.fingerprint, "", anchor.fingerprint)
        if any(keys.is_by(key, entry.sig, signed) for entry in document.envelope.signatures):
            yield _standing(who, anchor, now)
        elif {anchor.fingerprint, keys.hint(key)} & set(document.hints):
            yield who.signer(
                State.BAD_SIGNATURE,
                f"The signature says that it is by the key of {anchor.name}, but it is not: the statement or the "
                "signature was changed.",
            )


def _by_certificates(document: Document, anchors: list[Anchor], revoked: set[str], now: datetime) -> Iterator[Signer]:
    """The holder of the certificate in the bundle, once for each authority that it leads to."""
    if not document.certificates:
        return
    leaf = document.certificates[0]
    who = _Who("", Kind.CERTIFICATE, certificates.fingerprint(leaf), shown(certificates.subject(leaf)))
    try:
        key = certificates.key_of(leaf)
    except UnusableKey as problem:
        yield who.signer(State.UNKNOWN_SIGNER, f"The certificate of {who.name} cannot sign here. {problem}")
        return
    signed = document.envelope.signed_bytes
    if not any(keys.is_by(key, entry.sig, signed) for entry in document.envelope.signatures):
        yield who.signer(
            State.BAD_SIGNATURE,
            f"The signature is not by the certificate of {who.name} that it carries: the statement or the signature "
            "was changed.",
        )
        return
    authorities = {
        certificates.read_certificate(anchor.pem): anchor for anchor in anchors if anchor.kind is Kind.CERTIFICATE
    }
    ways = list(certificates.paths(document.certificates, list(authorities)))
    if not ways:
        yield who.signer(
            State.UNKNOWN_SIGNER,
            f"Signed by an unknown certificate ({who.name}, fingerprint {who.fingerprint[:16]}…): it leads to no "
            "authority that is trusted here.",
        )
    for way in ways:
        yield _along(way, authorities[way[-1]], who, revoked, now)


@dataclass(frozen=True, slots=True)
class _Who:
    """Somebody who may turn out to have signed."""

    anchor: str
    kind: Kind
    fingerprint: str
    subject: str = ""
    anchor_fingerprint: str = ""

    @property
    def name(self) -> str:
        return self.subject or "the signer"

    @property
    def words(self) -> str:
        if self.kind is Kind.CERTIFICATE:
            return f"{self.name}, for whom {self.anchor} vouches"
        return self.anchor

    def signer(self, state: State, sentence: str) -> Signer:
        return Signer(state, sentence, self.anchor, self.kind, self.fingerprint, self.subject, self.anchor_fingerprint)


def _along(way: certificates.Path, anchor: Anchor, who: _Who, revoked: set[str], now: datetime) -> Signer:
    """The holder of a certificate, by one way up to an authority."""
    who = _Who(anchor.name, who.kind, who.fingerprint, who.subject, anchor.fingerprint)
    if reason := certificates.against(way):
        return who.signer(State.UNKNOWN_SIGNER, f"The certificate of {who.name} leads to {anchor.name}, but: {reason}")
    marks = {certificates.fingerprint(certificate) for certificate in way}
    marks |= {keys.fingerprint(certificates.key_of(certificate)) for certificate in way}
    if marks & revoked:
        return who.signer(State.REVOKED, f"Signed by {who.words}: that key or certificate was revoked here.")
    if now < (begins := certificates.valid_from(way)):
        return who.signer(State.NOT_YET_VALID, f"Signed by {who.words}: the certificate is valid from {begins:%F} on.")
    if now > (ends := certificates.valid_until(way)):
        return who.signer(State.EXPIRED, f"Signed by {who.words}: the certificate was valid until {ends:%F}.")
    return _standing(who, anchor, now)


def _standing(who: _Who, anchor: Anchor, now: datetime) -> Signer:
    """What the trust in an anchor is worth now."""
    if anchor.is_revoked:
        return who.signer(State.REVOKED, f"Signed by {who.words}: {anchor.name} was revoked here.")
    if now < anchor.valid_from:
        return who.signer(
            State.NOT_YET_VALID, f"Signed by {who.words}: {anchor.name} is trusted from {anchor.valid_from:%F} on."
        )
    if anchor.valid_until is not None and now > anchor.valid_until:
        return who.signer(
            State.EXPIRED, f"Signed by {who.words}: {anchor.name} was trusted until {anchor.valid_until:%F}."
        )
    return who.signer(State.VERIFIED, f"Signed by {who.words}.")


def _nobody(document: Document, anchors: list[Anchor]) -> Signer:
    hint = shown(document.hints[0]) if document.hints else ""
    known = f" ({hint[:16]}…)" if hint else ""
    trusted = "it is none of those that are trusted here" if anchors else "nobody is trusted here yet"
    return Signer(State.UNKNOWN_SIGNER, f"Signed by an unknown key{known}: {trusted}.", fingerprint=hint)


# ---- what is covered


def _judged(found: Coverage, signer: Signer) -> tuple[State, str]:
    """The answer about a signature that counts."""
    if found.changed or found.extra or not found.covered:
        said = []
        if found.changed:
            said.append(f"{_names(found.changed)} {'is' if len(found.changed) == 1 else 'are'} not what was signed")
        if found.extra:
            said.append(f"{_names(found.extra)} {'was' if len(found.extra) == 1 else 'were'} signed and not there")
        if found.uncovered:
            said.append(f"{_names(found.uncovered)} {'was' if len(found.uncovered) == 1 else 'were'} not signed")
        facts = "; ".join(said) or "it names no file"
        return State.OTHER_CONTENT, f"{signer.sentence[:-1]}, but for other content: {facts}."
    if found.uncovered:
        return State.INCOMPLETE, f"{signer.sentence[:-1]}, but it does not cover: {_names(found.uncovered)}."
    files = f"{found.covered} of {found.total} file{'' if found.total == 1 else 's'}"
    apart = f" {shown(found.itself)} is the signature itself, which it cannot cover." if found.itself else ""
    return State.VERIFIED, f"{signer.sentence[:-1]}: covers {files}.{apart}"


def _names(paths: tuple[str, ...]) -> str:
    few = ", ".join(shown(path) for path in paths[:_FEW])
    return few if len(paths) <= _FEW else f"{few} and {len(paths) - _FEW:,} more"


def _holding(raw: bytes, files: Mapping[str, str]) -> str:
    """The file that is this document, byte for byte; the first one at the top where there are several."""
    digest = hashlib.sha256(raw).hexdigest()
    return min((path for path, found in files.items() if found == digest and _is_at_top(path)), default="")


def _is_at_top(path: str) -> bool:
    return "/" not in path
