"""PyTorch's zip files: checkpoints, TorchScript, packages and exported programs.

A checkpoint is a pickle named data.pkl, one member of raw numbers for every storage that it refers to, and a few
members that say how they are written (torch/serialization.py). The others hold code or a graph besides.
"""

import re
from collections.abc import Mapping

from scanning.engine.context import Context
from scanning.engine.pickles import is_pickle, read_pickle
from scanning.engine.sources import Source
from scanning.engine.torch_storages import is_module_source, storage_of

# Members of a checkpoint beside the pickle and the storages, and what may be in them.
FRAME = {
    "version": re.compile(rb"\d{1,4}\n?"),
    "byteorder": re.compile(rb"little|big"),
    ".format_version": re.compile(rb"\d{1,4}\n?"),
    ".storage_alignment": re.compile(rb"\d{1,6}\n?"),
    ".data/serialization_id": re.compile(rb"\d{1,64}"),
}
LARGEST_FRAME = 128
SCRIPT_ROOT = "__torch__."


def folder_of(members: Mapping[str, Source]) -> str | None:
    """The one folder that everything is in, as torch writes it."""
    folders = {name.partition("/")[0] for name in members}
    return next(iter(folders)) if len(folders) == 1 else None


def is_torch(members: Mapping[str, Source]) -> bool:
    """Whether the archive is one that torch writes; a checkpoint has its pickle where torch looks for it."""
    folder = folder_of(members)
    marks = ("data.pkl", ".data/extern_modules", "archive_format", "constants.pkl")
    return folder is not None and any(f"{folder}/{name}" in members for name in marks)


def read_torch(members: Mapping[str, Source], context: Context) -> set[str]:
    """Judge what makes the archive a file of torch; returns the names of the members that are accounted for."""
    folder = folder_of(members)
    if f"{folder}/.data/extern_modules" in members:
        context.found("torch.code", "The file is a package of torch, which holds Python code to import.")
        return _raw_numbers(members, rf"{re.escape(str(folder))}/\.data/\d+\.storage")
    if f"{folder}/archive_format" in members:
        context.found("torch.program", "The file is an exported program, whose graph the gate does not follow.")
        return _raw_numbers(members, rf"{re.escape(str(folder))}/data/(weights|constants)/\w+")
    if f"{folder}/constants.pkl" in members or any(name.startswith(f"{folder}/code/") for name in members):
        return _read_script(members, f"{folder}/", context)
    return _read_checkpoint(members, f"{folder}/", context)


def _read_checkpoint(members: Mapping[str, Source], folder: str, context: Context) -> set[str]:
    name = f"{folder}data.pkl"
    if not is_pickle(members[name]):
        context.found("content.malformed", "The checkpoint's data.pkl is no pickle of a known protocol.")
        return set()
    known = {name, *_frame(members, folder)}
    known |= _judge_pickle(members, name, f"{folder}data/", context)
    for other in members:
        if other not in known:
            context.found("torch.extra-member", f"The member {other!r} is not part of a checkpoint.")
    return known


def _read_script(members: Mapping[str, Source], folder: str, context: Context) -> set[str]:
    """TorchScript: code that torch compiles, and two pickles with tensors; their own classes are in the code."""
    context.found("torch.code", "The file is TorchScript, which holds code that runs when the model is used.")
    known = _frame(members, folder)
    for name, storages in ((f"{folder}data.pkl", f"{folder}data/"), (f"{folder}constants.pkl", f"{folder}constants/")):
        if name in members and is_pickle(members[name]):
            known |= {name, *_judge_pickle(members, name, storages, context)}
    # Its tables of source lines are pickles, and read as such; the source itself is what the finding above is about.
    return known | {name for name in members if name.startswith(f"{folder}code/") and name.endswith(".py")}


def _judge_pickle(members: Mapping[str, Source], name: str, storages: str, context: Context) -> set[str]:
    """Judge one pickle; returns the members that it refers to, where each has the size that the pickle says."""
    context.budget.take_member()
    known: set[str] = set()
    for identity in read_pickle(members[name], context.inside(name), in_torch=True, own_root=SCRIPT_ROOT):
        if is_module_source(identity):
            continue
        storage = storage_of(identity)
        if storage is None:
            context.found("pickle.persistent-id", "The pickle refers to something that is not a storage of numbers.")
            continue
        member = f"{storages}{storage.key}"
        if member not in members or members[member].size != storage.size:
            context.found(
                "content.malformed", f"The storage {storage.key!r} is missing or has another size than the pickle says."
            )
        else:
            known.add(member)
    return known


def _frame(members: Mapping[str, Source], folder: str) -> set[str]:
    """The members that say how the file is written, if they say nothing else."""
    return {
        folder + name
        for name, content in FRAME.items()
        if folder + name in members
        and members[folder + name].size <= LARGEST_FRAME
        and content.fullmatch(members[folder + name].read(0, LARGEST_FRAME))
    }


def _raw_numbers(members: Mapping[str, Source], pattern: str) -> set[str]:
    """Members of raw numbers, unless they begin as something that a loader would act upon."""
    return {
        name for name in members if re.fullmatch(pattern, name) and not is_pickle(members[name])
        and not members[name].read(0, 4).startswith((b"PK", b"\x1f\x8b", b"{"))
    }  # fmt: skip
