"""Loads those hostile graphs that say they run, each as a careless user would, and tells which left their marker.

Not a test: it needs the libraries. Run it from the root of the project where they are installed, with TensorFlow
(`KERAS_BACKEND=tensorflow python -m tests.scanning.engine.verify_hostile_graphs`); no answer means that all ran.
"""

import os
import sys
import tempfile
from importlib import import_module
from pathlib import Path

from tests.scanning.engine.hostile_graphs import corpus


def load(file: Path) -> None:
    """Load one file with its own library, without asking it to be careful."""
    if file.name == "saved_model.pb":
        tf = import_module("tensorflow").compat.v1
        with tf.Graph().as_default(), tf.Session() as session:
            tf.saved_model.load(session, ["serve"], str(file.parent))
    else:
        import_module("keras").models.load_model(file, safe_mode=False, compile=False)


def main() -> int:
    """Try every item in a process of its own; the exit status is the number of those that did nothing."""
    silent = []
    names = [item.name for item in corpus("/nowhere") if item.runs]
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            item = next(item for item in corpus(folder) if item.name == name)
            file = Path(folder, "model", name)
            file.parent.mkdir(parents=True)
            file.write_bytes(item.data)
            if not (child := os.fork()):
                try:
                    load(file)
                finally:
                    os._exit(0)
            os.waitpid(child, 0)
            if not [path for path in Path(folder).iterdir() if path.name.startswith("marker")]:
                silent.append(name)
    sys.stdout.write(f"{len(names) - len(silent)} of {len(names)} ran; not: {', '.join(silent) or 'none'}\n")
    return len(silent)


if __name__ == "__main__":
    sys.exit(main())
