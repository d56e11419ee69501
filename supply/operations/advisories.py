"""Bringing advisories in: the whole of a file or nothing of it, and everything is matched anew afterwards."""

import hashlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from accounts import access
from accounts.models import User
from accounts.rights import Right
from events.kinds import Kind
from events.record import record
from lib.errors import Conflict, Invalid, Unavailable
from lib.outside import Unreachable
from supply.audit.fetching import fetch_newer
from supply.audit.osv import BadRecord, Record, read_record, worst
from supply.audit.record_files import BadFile, records_in
from supply.models import Advisory, AdvisoryImport, AffectedPackage, Severity, Vulnerability

AT_ONCE = 500
PIECE = 1 << 20
# A record from the future would make every later file look older.
AHEAD = timedelta(days=1)

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def import_advisories(
    path: Path,
    *,
    source: str = "",
    sha256: str = "",
    etag: str = "",
    allow_older: bool = False,
    allow_fewer: bool = False,
    actor: User,
) -> AdvisoryImport:
    """Replace all advisories by those of a zip file of OSV records, and have every package matched with them.

    Raises Invalid for a file that is not what it should be, and Conflict for one that is older than what is there or
    holds less than half as much, unless that is allowed. Nothing is changed then.
    """
    access.require(actor, Right.ADMINISTER, None)
    try:
        with path.open("rb") as file:
            digest = _digest(file)
            if sha256 and sha256.strip().lower() != digest:
                raise Invalid("sha256", f"The file has the SHA-256 {digest}, not the one that was given.")
            survey = _survey(file)
            about = AdvisoryImport(
                by=actor,
                source=(source or path.name)[:255],
                digest=digest,
                newest_modified=survey.newest,
                record_count=len(survey.digests),
                etag=etag[:255],
            )
            return _replace(file, survey, about, allow_older=allow_older, allow_fewer=allow_fewer)
    except OSError as error:
        raise Invalid("file", f"The file {path.name} cannot be read: {error.strerror}.") from error
    except (BadFile, BadRecord) as problem:
        raise Invalid("file", f"{problem} Nothing was changed.") from problem


def refresh_advisories(*, actor: User) -> AdvisoryImport | None:
    """Fetch the file at ADVISORIES_URL and import it; None where there is no such setting, or no newer file.

    For the background and the command line only. Raises Unavailable when the server does not answer as it should.
    """
    access.require(actor, Right.ADMINISTER, None)
    if not settings.ADVISORIES_URL:
        return None
    current = AdvisoryImport.objects.filter(is_current=True).first()
    known = current.etag if current and current.source == settings.ADVISORIES_URL else ""
    with tempfile.TemporaryDirectory(prefix="advisories-", dir=settings.DATA_DIR) as folder:
        path = Path(folder) / "all.zip"
        try:
            etag = fetch_newer(settings.ADVISORIES_URL, path, etag=known, inside=settings.ADVISORIES_INSIDE)
        except Unreachable as why:
            raise Unavailable(f"The advisories could not be fetched. {why}") from why
        if etag is None:
            return None
        return import_advisories(path, source=settings.ADVISORIES_URL, etag=etag, actor=actor)


@dataclass
class _Survey:
    """What a first reading of the whole file says; the second one writes."""

    digests: dict[str, str] = field(default_factory=dict)
    newest: datetime = _LONG_AGO
    # What is known about how bad an issue is, by each of its names.
    severities: dict[str, Severity] = field(default_factory=dict)
    scores: dict[str, float] = field(default_factory=dict)
    packages: int = 0

    def add(self, said: Record, raw: bytes) -> None:
        if said.identifier in self.digests:
            raise BadRecord(f"The file holds {said.identifier} twice.")
        self.digests[said.identifier] = hashlib.sha256(raw).hexdigest()
        self.newest = max(self.newest, said.modified)
        self.packages += len(said.affected)
        if said.severity not in (Severity.UNKNOWN, Severity.MALICIOUS) and said.withdrawn is None:
            for name in (said.identifier, *said.aliases):
                self.severities[name] = worst([said.severity, self.severities.get(name, Severity.UNKNOWN)])
                if said.score is not None:
                    self.scores[name] = max(said.score, self.scores.get(name, 0.0))

    def severity_of(self, said: Record) -> tuple[Severity, float | None]:
        """Its own, or else what the records of the same issue under other names say."""
        if said.severity is not Severity.UNKNOWN:
            return said.severity, said.score
        names = (said.identifier, *said.aliases)
        scores = [self.scores[name] for name in names if name in self.scores]
        return worst(self.severities.get(name, Severity.UNKNOWN) for name in names), max(scores, default=None)


def _survey(file: BinaryIO) -> _Survey:
    """Read every record once, so that the transaction begins only for a file that is good."""
    survey = _Survey()
    for said, raw in _records(file):
        survey.add(said, raw)
    if not survey.packages:
        raise BadFile("The file holds no advisory about a package of PyPI.")
    if survey.newest > timezone.now() + AHEAD:
        raise BadFile(f"The file holds a record of the future, of {survey.newest:%Y-%m-%d}.")
    return survey


def _records(file: BinaryIO) -> Iterator[tuple[Record, bytes]]:
    for name, raw in records_in(file):
        try:
            yield read_record(raw), raw
        except BadRecord as problem:
            raise BadRecord(f"The record {name[:100]!r} is not good. {problem}") from problem


@transaction.atomic
def _replace(
    file: BinaryIO, survey: _Survey, about: AdvisoryImport, *, allow_older: bool, allow_fewer: bool
) -> AdvisoryImport:
    # 1. Whoever imports or matches waits here for whoever does already.
    before = AdvisoryImport.objects.select_for_update().filter(is_current=True).first()
    if before and not allow_older and about.newest_modified < before.newest_modified:
        raise Conflict(
            f"The file is of {about.newest_modified:%Y-%m-%d %H:%M} and older than the advisories that are here, of "
            f"{before.newest_modified:%Y-%m-%d %H:%M}. Nothing was changed."
        )
    if before and not allow_fewer and about.record_count * 2 < before.record_count:
        raise Conflict(
            f"The file holds {about.record_count:,} records, fewer than half of the {before.record_count:,} that are "
            "here. Nothing was changed."
        )
    # 2. Only what differs is written: other writers wait meanwhile.
    kept = {name: (pk, digest) for pk, name, digest in Advisory.objects.values_list("pk", "identifier", "digest")}
    _write(file, survey, kept)
    _let_go([pk for name, (pk, _) in kept.items() if name not in survey.digests])
    # 3. From here on every package waits to be matched, which a listener sets going.
    AdvisoryImport.objects.filter(is_current=True).update(is_current=False)
    try:
        about.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict("Somebody else is importing advisories at this moment.") from error
    record(
        Kind.ADVISORIES_IMPORTED,
        actor=about.by,
        subject=about,
        source=about.source,
        digest=about.digest,
        records=about.record_count,
        newest=about.newest_modified.isoformat(),
        allowed_older=allow_older,
        allowed_fewer=allow_fewer,
    )
    return about


def _write(file: BinaryIO, survey: _Survey, kept: dict[str, tuple[int, str]]) -> None:
    batch: list[tuple[Advisory, Record]] = []
    for said, raw in _records(file):
        severity, score = survey.severity_of(said)
        if survey.digests.get(said.identifier) != hashlib.sha256(raw).hexdigest():
            raise BadFile("The file changed while it was read.")
        digest = hashlib.sha256(raw + f"{severity} {score}".encode()).hexdigest()
        if kept.get(said.identifier, (0, ""))[1] == digest:
            continue
        batch.append((_row(said, severity, score, digest), said))
        if len(batch) == AT_ONCE:
            _write_batch(batch, kept)
            batch = []
    _write_batch(batch, kept)


def _row(said: Record, severity: Severity, score: float | None, digest: str) -> Advisory:
    return Advisory(
        identifier=said.identifier,
        modified=said.modified,
        withdrawn=said.withdrawn,
        aliases=said.aliases,
        summary=said.summary,
        severity=severity,
        score=score,
        document=said.document,
        digest=digest,
        gone_at=None,
    )


def _write_batch(batch: list[tuple[Advisory, Record]], kept: dict[str, tuple[int, str]]) -> None:
    changed = [kept[row.identifier][0] for row, _ in batch if row.identifier in kept]
    AffectedPackage.objects.filter(advisory__in=changed).delete()
    fields = [field.name for field in Advisory._meta.concrete_fields if field.name not in ("id", "identifier")]
    Advisory.objects.bulk_create(
        [row for row, _ in batch], update_conflicts=True, unique_fields=["identifier"], update_fields=fields
    )
    AffectedPackage.objects.bulk_create(
        (
            AffectedPackage(advisory=row, package=one.package, ranges=one.ranges, versions=one.versions)
            for row, said in batch
            for one in said.affected
        ),
        batch_size=AT_ONCE,
    )


def _let_go(pks: list[int]) -> None:
    """Advisories that the file does not hold: only those stay by which something was found, and they say nothing more.

    Their digest goes too, so that they are written again should they come back.
    """
    for start in range(0, len(pks), AT_ONCE):
        rows = Advisory.objects.filter(pk__in=pks[start : start + AT_ONCE])
        rows.exclude(Exists(Vulnerability.objects.filter(advisory=OuterRef("pk")))).delete()
        AffectedPackage.objects.filter(advisory__in=pks[start : start + AT_ONCE]).delete()
        rows.filter(gone_at=None).update(gone_at=timezone.now(), digest="")


def _digest(file: BinaryIO) -> str:
    whole = hashlib.sha256()
    while piece := file.read(PIECE):
        whole.update(piece)
    return whole.hexdigest()
