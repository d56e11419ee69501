"""ONNX models as skl2onnx, PyTorch and ONNX's own library write them."""

from importlib import import_module
from pathlib import Path
from typing import Any


def make(folder: Path) -> None:
    """From estimators, from networks, by hand, and with weights in a file of their own."""
    _from_sklearn(folder)
    _from_torch(folder)
    _by_hand(folder)


def _from_sklearn(folder: Path) -> None:
    random = import_module("numpy").random.default_rng(7)
    rows = random.normal(size=(40, 3)).astype("float32")
    classes = (rows[:, 0] > 0).astype("int64")
    ensemble, linear = import_module("sklearn.ensemble"), import_module("sklearn.linear_model")
    scaling, pipeline = import_module("sklearn.preprocessing"), import_module("sklearn.pipeline")
    estimators = {
        "logistic": pipeline.make_pipeline(scaling.StandardScaler(), linear.LogisticRegression()),
        "forest": ensemble.RandomForestClassifier(n_estimators=2, max_depth=2, random_state=1),
        "boosting": ensemble.GradientBoostingRegressor(n_estimators=2, max_depth=2, random_state=1),
        "network": import_module("sklearn.neural_network").MLPClassifier(hidden_layer_sizes=(4,), max_iter=20),
        "neighbors": import_module("sklearn.neighbors").KNeighborsClassifier(3),
        "k-means": import_module("sklearn.cluster").KMeans(2, n_init=1),
    }
    for name, estimator in estimators.items():
        converted = import_module("skl2onnx").to_onnx(estimator.fit(rows, classes), rows[:1])
        (folder / f"sklearn-{name}.onnx").write_bytes(converted.SerializeToString())


def _from_torch(folder: Path) -> None:
    torch = import_module("torch")
    torch.manual_seed(7)
    networks = import_module("tests.scanning.corpus.makers.torch_files").networks()
    examples = {"layers": torch.ones(1, 4), "convolutions": torch.ones(1, 1, 6, 6)}
    for name, example in examples.items():
        target = folder / f"torch-{name}.onnx"
        torch.onnx.export(networks[name].eval(), (example,), str(target), dynamo=False, input_names=["x"])


def _by_hand(folder: Path) -> None:
    onnx, numpy = import_module("onnx"), import_module("numpy")
    helper, to_tensor = onnx.helper, import_module("onnx.numpy_helper").from_array
    kind = onnx.TensorProto.FLOAT
    weight = to_tensor(numpy.ones((64, 64), dtype="float32"), "w")
    ends = [[helper.make_tensor_value_info(name, kind, [1, 64])] for name in ("x", "y")]
    product = helper.make_node("MatMul", ["x", "w"], ["y"])

    def model() -> Any:
        return helper.make_model(helper.make_graph([product], "g", *ends, [weight]), producer_name="by hand")

    onnx.save(model(), folder / "matmul.onnx")
    apart = folder / "external"
    apart.mkdir()
    onnx.save(model(), apart / "model.onnx", save_as_external_data=True, location="model.onnx.data", size_threshold=0)
    branches = [
        helper.make_graph(
            [helper.make_node("Identity", ["x"], [end])], name, [], [helper.make_tensor_value_info(end, kind, [1, 64])]
        )
        for name, end in (("then", "a"), ("else", "b"))
    ]
    choice = helper.make_node("If", ["flag"], ["y"], then_branch=branches[0], else_branch=branches[1])
    flag = helper.make_tensor_value_info("flag", onnx.TensorProto.BOOL, [])
    graph = helper.make_graph([choice], "g", [*ends[0], flag], ends[1])
    onnx.save(helper.make_model(graph), folder / "branches.onnx")
