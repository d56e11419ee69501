"""Keras models of several architectures in the formats of Keras 3: .keras, .h5 and weights alone."""

import os
from importlib import import_module
from pathlib import Path
from typing import Any


def make(folder: Path) -> None:
    """Everything in the new format; weights and the old format for some."""
    os.environ.setdefault("KERAS_BACKEND", "torch")
    keras = import_module("keras")
    keras.utils.set_random_seed(7)
    for name, model in architectures(keras).items():
        model.save(folder / f"{name}.keras")
        if name not in {"normalized", "words"}:
            model.save(folder / f"{name}.h5")
        if name in {"layers", "functional", "recurrent"}:
            model.save_weights(folder / f"{name}.weights.h5")


def architectures(keras: Any) -> dict[str, Any]:
    """Small models of stock layers."""
    layers, numpy = keras.layers, import_module("numpy")
    stack = keras.Sequential(
        [layers.Input((4,)), layers.Dense(8, activation="relu"), layers.Dropout(0.1), layers.Dense(2)]
    )
    trained = keras.Sequential([layers.Input((3,)), layers.Dense(1)])
    trained.compile("adam", "mse", metrics=["mae"])
    trained.fit(numpy.ones((4, 3)), numpy.ones((4, 1)), verbose=0)
    pictures = keras.Sequential(
        [
            layers.Input((8, 8, 1)),
            layers.Conv2D(2, 3, padding="same"),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(2, activation="softmax"),
        ]
    )
    memory = keras.Sequential(
        [layers.Input((5,)), layers.Embedding(16, 4), layers.Bidirectional(layers.LSTM(3)), layers.Dense(1)]
    )
    left, right = layers.Input((2,), name="left"), layers.Input((3,), name="right")
    both = layers.Concatenate()([layers.Dense(2)(left), layers.Dense(2)(right)])
    functional = keras.Model([left, right], layers.Dense(1)(layers.LayerNormalization()(both)))
    inputs = layers.Input((4, 8))
    attended = layers.MultiHeadAttention(2, 4)(inputs, inputs)
    attention = keras.Model(inputs, layers.Dense(1)(layers.GlobalAveragePooling1D()(layers.Add()([inputs, attended]))))
    normalizer = layers.Normalization()
    normalizer.adapt(numpy.arange(12.0).reshape(4, 3))
    normalized = keras.Sequential([layers.Input((3,)), normalizer, layers.Dense(1)])
    return {
        "layers": stack,
        "trained": trained,
        "convolutions": pictures,
        "recurrent": memory,
        "functional": functional,
        "attention": attention,
        "normalized": normalized,
    }
