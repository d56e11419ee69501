"""The MLflow folder of the TensorFlow flavour, which needs both libraries in one environment."""

import os
from importlib import import_module
from pathlib import Path


def make(folder: Path) -> None:
    """A Keras model in both formats that the flavour knows."""
    os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", MLFLOW_TRACKING_URI="sqlite:///m.db", MLFLOW_DISABLE_TELEMETRY="true")
    tf = import_module("tensorflow")
    save = import_module("tests.scanning.corpus.makers.mlflow_files").save
    tf.keras.utils.set_random_seed(7)
    stack = tf.keras.Sequential([tf.keras.layers.Input((3,)), tf.keras.layers.Dense(2)])
    signature = import_module("mlflow.models").infer_signature({"x": import_module("numpy").ones((1, 3))})
    save("tensorflow", stack, folder / "tensorflow-keras", "tensorflow==2.21.0", signature=signature)

    class Doubling(tf.Module):  # type: ignore[misc, name-defined]
        """One function."""

        @tf.function(input_signature=[tf.TensorSpec([None], tf.float32)])  # type: ignore[untyped-decorator]
        def __call__(self, x: object) -> object:
            return x + x  # type: ignore[operator]

    save("tensorflow", Doubling(), folder / "tensorflow-module", "tensorflow==2.21.0", signature=signature)
