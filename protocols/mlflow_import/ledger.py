"""Reading and writing what was carried."""

from accounts.models import Registry
from protocols.mlflow_import.models import Carried

Kind = Carried.Kind


class Ledger:
    """What came from one server into one registry."""

    def __init__(self, source: str, registry: Registry) -> None:
        self.source = source
        self.registry = registry

    def find(self, kind: Kind, source_id: str) -> Carried | None:
        """The line about this thing, if there is one."""
        return Carried.objects.filter(
            source=self.source, registry=self.registry, kind=kind, source_id=source_id
        ).first()

    def is_done(self, kind: Kind, source_id: str) -> bool:
        """Whether nothing is left to do about it."""
        line = self.find(kind, source_id)
        return line is not None and line.done

    def note(self, kind: Kind, source_id: str, target_id: int | None = None, *, done: bool) -> None:
        """Write the line, or bring it up to date. Belongs into the transaction of what it tells."""
        Carried.objects.update_or_create(
            source=self.source,
            registry=self.registry,
            kind=kind,
            source_id=source_id,
            defaults={"done": done} if target_id is None else {"done": done, "target_id": target_id},
        )
