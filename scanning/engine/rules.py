"""Every rule of the engine: how heavy it is and what a person can do about it. Rule names start with their scanner."""

from scanning.engine.findings import Severity

# Goes up whenever the same bytes could get another verdict.
VERSION = "2"

REPLACE = "Do not load this file. Ask where it came from, and save the model again from the code that trained it."
SAVE_AGAIN = "If the model is yours, save it again with a current client; otherwise ask whoever made the file."
LOOK = "Have somebody who knows the model confirm that it needs this."
LOOK_AT_CODE = "Read the code that comes with the model before anybody loads it."
SUPPORTED = "Leave the file out of the version, or have a reviewer look at it."
SPLIT = "Have a reviewer look at it, or save the model in a more compact format such as skops or safetensors."

_UNSAFE = Severity.UNSAFE
_REVIEW = Severity.NEEDS_REVIEW
_FAILED = Severity.FAILED
_NOTE = Severity.NOTE

RULES: dict[str, tuple[Severity, str]] = {
    "engine.error": (_FAILED, "Scan again; if it fails again, have a reviewer look at the file."),
    "engine.memory": (_FAILED, SPLIT),
    "engine.changed": (_FAILED, "Scan again; if it fails again, verify the store."),
    "engine.budget": (_REVIEW, SPLIT),
    "engine.more": (_REVIEW, SPLIT),
    "engine.more-unsafe": (_UNSAFE, REPLACE),
    "engine.no-files": (_REVIEW, "Upload the files of the model."),
    "content.unknown": (_REVIEW, SUPPORTED),
    "content.known-unread": (_REVIEW, SUPPORTED),
    "content.executable": (_UNSAFE, REPLACE),
    "content.malformed": (_REVIEW, SAVE_AGAIN),
    "content.trailing": (_REVIEW, SAVE_AGAIN),
    "content.polyglot": (_REVIEW, SAVE_AGAIN),
    "pickle.forbidden-global": (_UNSAFE, REPLACE),
    "pickle.computed-global": (_UNSAFE, REPLACE),
    "pickle.extension": (_UNSAFE, REPLACE),
    "pickle.forbidden-call": (_UNSAFE, REPLACE),
    "pickle.forbidden-state": (_UNSAFE, REPLACE),
    "pickle.changes-global": (_UNSAFE, REPLACE),
    "pickle.overrides-method": (_UNSAFE, REPLACE),
    "pickle.runs-own-code": (_UNSAFE, REPLACE),
    "pickle.unknown-global": (_REVIEW, LOOK),
    "pickle.unusual-call": (_REVIEW, LOOK),
    "pickle.attribute": (_REVIEW, LOOK),
    "pickle.opens": (_REVIEW, SAVE_AGAIN),
    "pickle.code": (_REVIEW, LOOK_AT_CODE),
    "pickle.unusual-state": (_REVIEW, LOOK),
    "pickle.persistent-id": (_REVIEW, LOOK),
    "pickle.out-of-band": (_REVIEW, SAVE_AGAIN),
    "pickle.malformed": (_REVIEW, SAVE_AGAIN),
    "pickle.trailing": (_REVIEW, SAVE_AGAIN),
    "pickle.array": (_REVIEW, SAVE_AGAIN),
    "torch.code": (_REVIEW, LOOK_AT_CODE),
    "torch.program": (_REVIEW, LOOK),
    "torch.extra-member": (_REVIEW, SAVE_AGAIN),
    "torch.old-archive": (_REVIEW, SAVE_AGAIN),
    "booster.malformed": (_REVIEW, SAVE_AGAIN),
    "booster.unread": (_REVIEW, SUPPORTED),
    "r.code": (_REVIEW, LOOK_AT_CODE),
    "r.promise": (_UNSAFE, REPLACE),
    "skops.forbidden-name": (_UNSAFE, REPLACE),
    "skops.unknown-name": (_REVIEW, LOOK),
    "skops.unusual-node": (_REVIEW, LOOK),
    "skops.malformed": (_REVIEW, SAVE_AGAIN),
    "archive.path": (_UNSAFE, REPLACE),
    "archive.link": (_UNSAFE, REPLACE),
    "archive.bomb": (_REVIEW, SUPPORTED),
    "archive.limit": (_REVIEW, SUPPORTED),
    "archive.headers": (_REVIEW, SAVE_AGAIN),
    "archive.unread": (_REVIEW, SUPPORTED),
    "safetensors.malformed": (_REVIEW, SAVE_AGAIN),
    "numpy.malformed": (_REVIEW, SAVE_AGAIN),
    "text.code": (_REVIEW, LOOK_AT_CODE),
    "text.markup": (_REVIEW, SUPPORTED),
    "text.control": (_REVIEW, SUPPORTED),
    "json.code": (_REVIEW, LOOK_AT_CODE),
    "json.path": (_UNSAFE, REPLACE),
    "json.limit": (_REVIEW, SUPPORTED),
    "yaml.tag": (_UNSAFE, REPLACE),
    "yaml.malformed": (_REVIEW, SAVE_AGAIN),
    "yaml.bomb": (_REVIEW, SAVE_AGAIN),
    "mlmodel.loader": (_REVIEW, LOOK_AT_CODE),
    "mlmodel.forbidden-loader": (_UNSAFE, REPLACE),
    "mlmodel.code": (_REVIEW, LOOK_AT_CODE),
    "mlmodel.path": (_UNSAFE, REPLACE),
    "mlmodel.address": (_REVIEW, LOOK),
    "mlmodel.malformed": (_REVIEW, SAVE_AGAIN),
    "requirements.option": (_REVIEW, "Take packages from the index that the platform is set up with."),
    "requirements.address": (_REVIEW, "Require a released package by name and version."),
    "requirements.malformed": (_REVIEW, "Write one `name==version` on a line."),
    "requirements.unpinned": (_NOTE, "Pin the version, so that everybody loads the model with the same packages."),
    "environment.unusual": (_REVIEW, LOOK),
    "image.trailing": (_REVIEW, SAVE_AGAIN),
    "image.malformed": (_REVIEW, SAVE_AGAIN),
}
