"""Verdicts about versions that no engine has looked at."""

from django.utils import timezone

from registry.models import ModelVersion
from scanning.models import Finding, Scan, Verdict, finding_key
from scanning.present import present_engine
from scanning.standing import heaviest

CODE = ("needs-review", "text.code", "")
OLS = ("needs-review", "pickle.unknown-global", "statsmodels.api.OLS")
SYSTEM = ("unsafe", "pickle.forbidden-global", "os.system")
LOST = ("failed", "engine.changed", "")


def found(
    version: ModelVersion, *findings: tuple[str, str, str], engine: str = "", path: str = "weights.txt"
) -> list[str]:
    """Store a scan of the version's files with these findings (severity, rule, subject); returns their keys."""
    assert version.tree is not None
    scan, _ = Scan.objects.get_or_create(tree=version.tree, engine=engine or present_engine())
    scan.verdict, scan.finished_at = Verdict(heaviest(severity for severity, _, _ in findings)), timezone.now()
    scan.save(update_fields=["verdict", "finished_at"])
    scan.findings.all().delete()
    for severity, rule, subject in findings:
        Finding.objects.create(
            scan=scan,
            path=path,
            scanner=rule.partition(".")[0],
            severity=severity,
            rule=rule,
            subject=subject,
            key=finding_key(path, rule, subject),
            message=f"About {subject or rule}.",
            advice="Look.",
            position="byte 12",
        )
    return [finding_key(path, rule, subject) for _, rule, subject in findings]
