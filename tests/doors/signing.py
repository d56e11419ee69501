"""Keys and documents that the walk carries along."""

import json
from typing import Any

from supply.signing import making
from tests.supply.authority import new_key, public_pem

_KEY = new_key()
NEW_KEY = public_pem(_KEY)
_FILES = {"weights.txt": "0" * 64}
# Well-formed, so that it is taken, and about other files, so that it vouches for nothing.
NEW_SIGNATURE: dict[str, Any] = json.loads(making.sign_files("model", _FILES, _KEY))
OLD_SIGNATURE = making.sign_files("model", _FILES, new_key())
OLD_KEYS = {"main": public_pem(new_key()), "faraway": public_pem(new_key())}
