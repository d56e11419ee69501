"""The bill of materials of a version: ours, a supplied one, how complete they are; and the licence."""

from http import HTTPStatus

from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes

from lib.downloads import of_bytes, send
from lib.errors import NotFound
from protocols.rest.endpoint import Call, Raw, View, endpoint
from protocols.rest.shapes.bills import CompletenessShape, LicenceShape, SuppliedBillShape
from registry.models import ModelVersion
from registry.queries import find_version
from supply.bills.cyclonedx import MEDIA_TYPE
from supply.bills.queries import Judged, bill_of, file_name, judged, supplied_bill
from supply.bills.supplied import LARGEST
from supply.licences.queries import decisive, stated_licences
from supply.models import SuppliedBill
from supply.operations.bills import remove_bill, supply_bill

_DOCUMENT = Raw(media_types=("application/json", "application/vnd.cyclonedx+json"), most=LARGEST)


class Bill(View):
    @endpoint("get_bill", answers=OpenApiTypes.OBJECT)
    def get(self, call: Call, registry: str, name: str, number: int) -> HttpResponseBase:
        """The bill of materials, CycloneDX 1.6 JSON; the same bytes as long as nothing that it says has changed.

        Its SHA-256 is the ETag, and in Repr-Digest as RFC 9530 has it. Of the origin it says what you may see.
        """
        version = find_version(registry, name, number, actor=call.actor)
        bill = of_bytes(file_name(version), bill_of(version, actor=call.actor), content_type=MEDIA_TYPE)
        return send(call.request, bill)


class BillCompleteness(View):
    @endpoint("get_bill_completeness", answers=CompletenessShape)
    def get(self, call: Call, registry: str, name: str, number: int) -> Judged:
        """How complete the bill of materials is, what it has, what is missing, and how to add it."""
        return judged(find_version(registry, name, number, actor=call.actor))


class SuppliedBillOfVersion(View):
    @endpoint("get_supplied_bill", answers=OpenApiTypes.OBJECT)
    def get(self, call: Call, registry: str, name: str, number: int) -> HttpResponseBase:
        """The bill of materials that somebody brought along, as it came."""
        version = find_version(registry, name, number, actor=call.actor)
        bill = _supplied(version)
        document = of_bytes(
            file_name(version, "supplied"), bill.document.encode(), content_type=MEDIA_TYPE.partition(";")[0]
        )
        return send(call.request, document)

    @endpoint("supply_bill", takes_raw=_DOCUMENT, answers=SuppliedBillShape, status=HTTPStatus.CREATED)
    def put(self, call: Call, registry: str, name: str, number: int) -> SuppliedBill:
        """Bring a CycloneDX document along (1.4 to 1.6, JSON, at most 5 MiB), in place of the one before.

        Hashes in it that name files of the version have to be those that are stored.
        """
        version = find_version(registry, name, number, actor=call.actor)
        return supply_bill(version, call.said["document"], actor=call.actor)

    @endpoint("remove_bill")
    def delete(self, call: Call, registry: str, name: str, number: int) -> None:
        """Take the supplied bill away."""
        remove_bill(find_version(registry, name, number, actor=call.actor), actor=call.actor)


class Licence(View):
    @endpoint("get_licence", answers=LicenceShape)
    def get(self, call: Call, registry: str, name: str, number: int) -> dict[str, object]:
        """The licence of a version, and where it comes from."""
        stated = stated_licences(find_version(registry, name, number, actor=call.actor))
        expression, place = decisive(stated) or (None, None)
        return {"expression": expression, "place": place, "stated": stated}


def _supplied(version: ModelVersion) -> SuppliedBill:
    bill = supplied_bill(version)
    if bill is None:
        raise NotFound(f"Nobody has supplied a bill of materials of {version}.")
    return bill
