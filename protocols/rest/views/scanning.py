"""Scanning itself: the engine, its allow list, the queue, and what the present release changed."""

from lib.paging import Page
from protocols.rest.endpoint import Call, View, With, endpoint
from protocols.rest.shapes.scans import ChangedShape, ListAsked, ListedNameShape, ScanningShape
from scanning.health import ListedName, changes_for, engine_now, queue_now, report_now, search_list, versions_with


class Scanning(View):
    @endpoint("get_scanning", answers=ScanningShape)
    def get(self, call: Call) -> dict[str, object]:
        """Engine, rules and list with their age, the queue, and how far the present release has come."""
        return {"engine": engine_now(), "queue": queue_now(), "release": report_now(actor=call.actor)}


class Changes(View):
    @endpoint("list_verdict_changes", lists=ChangedShape)
    def get(self, call: Call) -> Page[With]:
        """The files that you see with another verdict than under the engine before, newest first."""
        report = report_now(actor=call.actor)
        if report is None:
            return Page([], None)
        page = call.page(changes_for(report.release, actor=call.actor), "-pk")
        versions = versions_with([scan.tree_id for scan in page.rows], actor=call.actor)
        return Page([With(scan, version=versions[scan.tree_id]) for scan in page.rows], page.next_token)


class AllowList(View):
    @endpoint("search_allow_list", asks=ListAsked, lists=ListedNameShape)
    def get(self, call: Call) -> Page[ListedName]:
        """The names that every model file may mention, in order."""
        return search_list(call.asked["q"], size=call.asked["page_size"], token=call.asked["page_token"])
