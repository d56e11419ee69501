"""The audit log; for administrators."""

from accounts.queries import audit_log, find_registry
from events.models import Event
from lib.paging import Page
from protocols.rest.endpoint import Call, View, endpoint
from protocols.rest.shapes.events import EventsAsked, EventShape


class Events(View):
    @endpoint("list_events", asks=EventsAsked, lists=EventShape)
    def get(self, call: Call) -> Page[Event]:
        """What happened in the whole installation, newest first."""
        events = audit_log(actor=call.actor)
        if name := call.asked["registry"]:
            events = events.filter(registry_id=find_registry(name, actor=call.actor).pk)
        return call.page(events, "-pk")
