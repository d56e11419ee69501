"""The formats of graphs and of their weights, in the order in which a reader is looked for."""

from collections.abc import Callable

from scanning.engine import hdf5_files, onnx_models, saved_models, tensor_bundles
from scanning.engine.context import Context
from scanning.engine.sources import Inflated, Slice, Source

# The word for a format, the question whether a file has it, and its reader.
FORMATS: tuple[tuple[str, Callable[[Source], bool], Callable[[Source, Context], None]], ...] = (
    ("hdf5", hdf5_files.is_hdf5, hdf5_files.read_hdf5),
    ("onnx", onnx_models.is_onnx, onnx_models.read_onnx),
    ("saved model", saved_models.is_saved_model, saved_models.read_saved_model),
    ("graph", saved_models.is_graph, saved_models.read_graph),
    ("keras metadata", saved_models.is_keras_metadata, saved_models.read_keras_metadata),
    ("fingerprint", saved_models.is_fingerprint, saved_models.accept_fingerprint),
    ("tensor index", tensor_bundles.is_table, tensor_bundles.read_index),
)
# A member of an archive has to be unpacked before HDF5 opens it; in large ones nobody looks for a second face.
LARGEST_MEMBER = 64 << 20
# Libraries take files of these names for graphs, although to everybody else they are plain text.
TEXT_FORMS = (".pbtxt", ".prototxt", ".textproto", ".onnxtxt", ".onnxtext", ".onnxjson")


def describes_others(name: str, source: Source) -> bool:
    """Whether this is an index of tensors, which TensorFlow finds by its name, or a graph that may keep them apart.

    Such files have to be read before those that they describe.
    """
    return (name.endswith(tensor_bundles.SUFFIX) and tensor_bundles.is_table(source)) or onnx_models.is_onnx(source)


def read_behind_block(source: Source, context: Context) -> None:
    """The library of HDF5 passes over a block of something else at the beginning, so any file may also be of that."""
    if isinstance(source, Inflated) or (context.place and source.size > LARGEST_MEMBER):
        return
    at = hdf5_files.find_block_before(source)
    if at is not None:
        context.found("content.polyglot", "The file can also be opened as an HDF5 file.", at)
        hdf5_files.read_hdf5(Slice(source, at, source.size - at), context)


def judge_by_name(name: str, context: Context) -> None:
    """Report files that only their name makes a graph."""
    if name.lower().endswith(TEXT_FORMS):
        context.found("content.known-unread", "The file is a graph written as text, which the gate does not read.")
