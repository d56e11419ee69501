"""The second half of the hostile corpus, written without sight of the engine it is meant for."""

from __future__ import annotations

import importlib.util
import json
import marshal
from typing import NamedTuple

from tests.scanning.corpus.boxes import boxes
from tests.scanning.corpus.gadgets import gadgets
from tests.scanning.corpus.libraries import libraries
from tests.scanning.corpus.opcodes import opcodes
from tests.scanning.corpus.papers import papers
from tests.scanning.engine.hostile import Hostile


class HostileFolder(NamedTuple):
    """A version of several files, and what the gate must say of them together."""

    name: str
    files: dict[str, bytes]
    verdict: str = "unsafe"


def corpus(marker: str) -> list[Hostile]:
    """Every hostile file; what runs leaves an empty file at `marker`."""
    return [*opcodes(marker), *gadgets(marker), *libraries(marker), *boxes(marker), *papers(marker)]


def folders() -> list[HostileFolder]:
    """Versions whose harm lies in how their files belong together."""
    loader = b"flavors:\n  python_function:\n    loader_module: helper\n    code: code\n"
    code = importlib.util.MAGIC_NUMBER + bytes(12) + marshal.dumps(compile("import os", "x", "exec"))
    own = json.dumps({"auto_map": {"AutoModel": "modeling.Own"}}).encode()
    index = json.dumps({"weight_map": {"a": "shard.safetensors"}}).encode()
    return [
        HostileFolder("mlflow-code", {"MLmodel": loader, "code/helper.py": b"import os\nos.system('id')\n"}),
        HostileFolder("mlflow-compiled", {"MLmodel": loader, "code/__pycache__/helper.cpython-311.pyc": code}),
        HostileFolder("hub-code", {"config.json": own, "modeling.py": b"import os\nos.system('id')\n"}),
        HostileFolder(
            "shard-is-pickle",
            {"model.safetensors.index.json": index, "shard.safetensors": b"\x80\x04cposix\nsystem\n(S'id'\ntR."},
        ),
        HostileFolder("start-up", {"model.onnx": b"", "sitecustomize.py": b"import os\nos.system('id')\n"}),
    ]
