"""Whom a registry trusts to sign, and the key that it signs with itself."""

from http import HTTPStatus
from typing import Any

from accounts.queries import find_registry
from lib.paging import Page
from protocols.rest.endpoint import Call, View, endpoint
from protocols.rest.shapes.signatures import (
    NewTrustAnchorShape,
    OptionalReasonShape,
    ReasonShape,
    SigningKeyShape,
    SigningKeysShape,
    TrustAnchorShape,
    keys_in_order,
)
from supply.models import SigningKey, TrustAnchor
from supply.operations.anchors import add_trust_anchor, revoke_trust_anchor
from supply.operations.keys import rotate_signing_key
from supply.signatures import anchors_of, find_anchor, keys_of


class TrustAnchors(View):
    @endpoint("list_trust_anchors", lists=TrustAnchorShape)
    def get(self, call: Call, registry: str) -> Page[TrustAnchor]:
        """Whom a registry trusts to sign, and whom it trusted, newest first."""
        return call.page(anchors_of(find_registry(registry, actor=call.actor), actor=call.actor), "-pk")

    @endpoint("add_trust_anchor", takes=NewTrustAnchorShape, answers=TrustAnchorShape, status=HTTPStatus.CREATED)
    def post(self, call: Call, registry: str) -> TrustAnchor:
        """Trust a public key, or whomever an authority vouches for."""
        return add_trust_anchor(find_registry(registry, actor=call.actor), **call.said, actor=call.actor)


class AnchorRevocation(View):
    @endpoint("revoke_trust_anchor", takes=ReasonShape, answers=TrustAnchorShape)
    def post(self, call: Call, registry: str, anchor: int) -> TrustAnchor:
        """Let no signature count by this anchor any more. It stays in the list."""
        found = find_anchor(find_registry(registry, actor=call.actor), anchor, actor=call.actor)
        return revoke_trust_anchor(found, call.said["reason"], actor=call.actor)


class SigningKeys(View):
    @endpoint("get_signing_key", answers=SigningKeysShape)
    def get(self, call: Call, registry: str) -> dict[str, Any]:
        """The public key that a registry signs attestations with, and those that it signed with."""
        return keys_in_order(keys_of(find_registry(registry, actor=call.actor), actor=call.actor))


class KeyRotation(View):
    @endpoint("rotate_signing_key", takes=OptionalReasonShape, answers=SigningKeyShape, status=HTTPStatus.CREATED)
    def post(self, call: Call, registry: str) -> SigningKey:
        """Sign with a new key from now on; what the old one signed stays verifiable."""
        return rotate_signing_key(find_registry(registry, actor=call.actor), call.said["reason"], actor=call.actor)
