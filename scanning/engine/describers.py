"""Which files may say what is in others beside them, and so have to be read before those."""

from scanning.engine import onnx_models, tensor_bundles
from scanning.engine.sources import Source


def describes_others(name: str, source: Source) -> bool:
    """Whether this is an index of tensors, which TensorFlow finds by its name, or a graph that may keep them apart."""
    return (name.endswith(tensor_bundles.SUFFIX) and tensor_bundles.is_table(source)) or onnx_models.is_onnx(source)
