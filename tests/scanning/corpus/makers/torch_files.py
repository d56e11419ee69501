"""Checkpoints and modules as PyTorch saves them, and safetensors."""

import random as python_random
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.scanning.corpus import makers


def make(folder: Path) -> None:
    """State dictionaries in both containers, training checkpoints, whole modules of stock layers, safetensors."""
    torch = import_module("torch")
    torch.manual_seed(7)
    for name, network in networks().items():
        torch.save(network.state_dict(), folder / f"{name}.pt")
        torch.save(network, folder / f"{name}-module.pth")
        import_module("safetensors.torch").save_file(network.state_dict(), folder / f"{name}.safetensors")
    _old(folder, torch)
    _checkpoints(folder, torch)
    _tensors(folder, torch)
    # Code by design: a reviewer has to look at it.
    scripted = torch.jit.trace(networks()["layers"], torch.ones(1, 4))
    scripted.save("scripted.pt")
    reader, writer = torch._C.PyTorchFileReader("scripted.pt"), torch._C.PyTorchFileWriter(str(folder / "scripted.pt"))
    for name in reader.get_all_records():
        if name not in {"version", "byteorder", ".data/serialization_id"}:
            record = makers.without_our_paths(reader.get_record(name))
            writer.write_record(name, record, len(record))
    writer.write_end_of_file()


def networks() -> dict[str, Any]:
    """Small networks of stock layers."""
    nn = import_module("torch.nn")
    return {
        "layers": nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Dropout(0.1), nn.Linear(8, 2)),
        "convolutions": nn.Sequential(
            nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.GELU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(8, 2)
        ),
        "recurrent": nn.ModuleDict({"words": nn.Embedding(8, 4), "memory": nn.LSTM(4, 4, batch_first=True)}),
        "attention": nn.TransformerEncoderLayer(8, 2, dim_feedforward=8, batch_first=True),
    }


def _old(folder: Path, torch: Any) -> None:
    network = networks()["layers"]
    for name, thing in {"state": network.state_dict(), "module": network}.items():
        path = folder / f"legacy-{name}.pt"
        torch.save(thing, path, _use_new_zipfile_serialization=False)
        # The old container names the file that a module's class comes from.
        path.write_bytes(makers.without_our_paths(path.read_bytes()))


def _checkpoints(folder: Path, torch: Any) -> None:
    numpy = import_module("numpy")
    for name in ("SGD", "Adam", "AdamW", "RMSprop"):
        network = networks()["layers"]
        optimizer = getattr(torch.optim, name)(network.parameters(), lr=0.01)
        schedule = torch.optim.lr_scheduler.StepLR(optimizer, 2)
        network(torch.ones(3, 4)).sum().backward()
        optimizer.step()
        schedule.step()
        kept = {
            "epoch": 3,
            "model": network.state_dict(),
            "optimizer": optimizer.state_dict(),
            "schedule": schedule.state_dict(),
            "loss": 0.25,
            "arguments": {"lr": 0.01, "name": "tiny"},
        }
        torch.save(kept, folder / f"checkpoint-{name.lower()}.pt")
    state = {
        "torch": torch.get_rng_state(),
        "numpy": numpy.random.RandomState(3).get_state(),
        "python": python_random.Random(3).getstate(),
    }
    torch.save(state, folder / "random-states.pt")


def _tensors(folder: Path, torch: Any) -> None:
    numpy = import_module("numpy")
    kinds = {
        "half": torch.ones(3, dtype=torch.float16),
        "brain": torch.ones(3, dtype=torch.bfloat16),
        "bytes": torch.ones(3, dtype=torch.uint8),
        "flags": torch.tensor([True, False]),
        "complex": torch.ones(2, dtype=torch.complex64),
        "view": torch.arange(12).reshape(3, 4).t(),
        "scalar": torch.tensor(3.5),
        "empty": torch.empty(0),
    }
    torch.save(kinds, folder / "kinds.pt")
    torch.save(
        [torch.nn.Parameter(torch.ones(2)), torch.Size([1, 2]), torch.device("cpu"), torch.float32], folder / "parts.pt"
    )
    torch.save({"mean": numpy.ones(3), "std": numpy.float64(0.5), "tensor": torch.ones(2)}, folder / "with-numpy.pt")
    sparse = torch.sparse_coo_tensor([[0, 1], [1, 0]], [1.0, 2.0], (2, 2))
    torch.save(sparse, folder / "sparse.pt")
    torch.save(torch.quantize_per_tensor(torch.ones(2, 2), 0.1, 0, torch.qint8), folder / "quantized.pt")
    metadata = {"format": "pt", "epoch": "3"}
    import_module("safetensors.torch").save_file(
        {"view": kinds["half"], "scalar": kinds["scalar"]}, folder / "two.safetensors", metadata=metadata
    )
    import_module("safetensors.numpy").save_file({"grid": numpy.ones((2, 3))}, folder / "numpy.safetensors")
