"""The key of a code generator as what telephones read."""

import base64
from io import BytesIO
from urllib.parse import quote, urlencode

import qrcode
from qrcode.image.svg import SvgPathImage


def address_of_key(key: str, name: str) -> str:
    """The key as an address that code generators open."""
    return f"otpauth://totp/{quote(f'Gatehouse:{name}')}?{urlencode({'secret': key, 'issuer': 'Gatehouse'})}"


def as_image(address: str) -> str:
    """A QR code of the address, as an image that stands in the page itself."""
    drawn = BytesIO()
    qrcode.make(address, image_factory=SvgPathImage, border=2).save(drawn)
    return f"data:image/svg+xml;base64,{base64.b64encode(drawn.getvalue()).decode()}"
