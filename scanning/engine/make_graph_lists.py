"""Writes onnx_list.json, tensorflow_list.json and keras_list.json: looks at the installed libraries.

Run it in an environment with the library, once for every version that models are saved with:
`python make_graph_lists.py onnx|tensorflow|keras [--new]`. What the list has already stays. It imports the libraries,
so it is never run by the gate itself.

An operator or a class gets on a list only if using it with any arguments opens no file, imports nothing, reaches no
network and runs no code of others; operators whose file names are traced by the reader are named by hand.
"""

import importlib
import inspect
import json
import pkgutil
import re
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
FORMAT = "2026.11.2"

Messages = dict[str, dict[str, str]]
List = dict[str, Any]

# How descriptors number the types of fields.
KINDS = {
    1: "double", 2: "float", 3: "int64", 4: "uint64", 5: "int32", 6: "fixed64", 7: "fixed32", 8: "bool", 9: "string",
    11: "message", 12: "bytes", 13: "uint32", 14: "enum", 15: "sfixed32", 16: "sfixed64", 17: "sint32", 18: "sint64",
}  # fmt: skip


def add_message(messages: Messages, descriptor: Any) -> None:
    """A message and all that can be in it, each field as "[repeated] type"."""
    if messages.get(descriptor.full_name, {}).get("seen"):
        return
    fields = messages.setdefault(descriptor.full_name, {})
    fields["seen"] = "now"
    for field in descriptor.fields:
        kind = field.message_type.full_name if field.message_type else KINDS[field.type]
        fields[str(field.number)] = f"repeated {kind}" if field.is_repeated else kind
        if field.message_type:
            add_message(messages, field.message_type)


def merged(before: list[str], now: set[str]) -> list[str]:
    return sorted({*before, *now})


# ---- ONNX

# Operators of ONNX Runtime that its own converters and optimizers write: arithmetic on tensors, nothing else. Those
# that hold graphs of their own (beam search), compiled programs (EPContext) or code of others are left out on purpose.
MICROSOFT = """
Attention BiasAdd BiasDropout BiasGelu BiasSoftmax BiasSplitGelu BifurcationDetector CDist ComplexMul ComplexMulConj
ConvTransposeWithDynamicPads CropAndResize DecoderMaskedMultiHeadAttention DecoderMaskedSelfAttention DequantizeBFP
DequantizeLinear DynamicQuantizeLSTM DynamicQuantizeMatMul EmbedLayerNormalization ExpandDims FastGelu FusedConv
FusedGemm FusedMatMul FusedMatMulActivation GatedRelativePositionBias GatherBlockQuantized GatherND Gelu GemmFastGelu
GemmFloat8 GreedySearchLogits GridSample GroupNorm GroupQueryAttention Inverse Irfft LongformerAttention
MatMulBnb4 MatMulFpQ4 MatMulInteger16 MatMulIntegerToFloat MatMulNBits MaxpoolWithMask MoE MulInteger MultiHeadAttention
MurmurHash3 NGramRepeatBlock NhwcConv NhwcFusedConv NhwcMaxPool PackedAttention PackedMultiHeadAttention Pad QAttention
QGemm QLinearAdd QLinearAveragePool QLinearConcat QLinearConv QLinearGlobalAveragePool QLinearLeakyRelu QLinearMul
QLinearReduceMean QLinearSigmoid QLinearSoftmax QLinearWhere QMoE QOrderedAttention QOrderedGelu
QOrderedLayerNormalization QOrderedLongformerAttention QOrderedMatMul QuantizeBFP QuantizeLinear QuantizeWithOrder
DequantizeWithOrder QuickGelu Range ReduceSumInteger RelativePositionBias RemovePadding RestorePadding Rfft
RotaryEmbedding SampleOp SimplifiedLayerNormalization SkipGroupNorm SkipLayerNormalization
SkipSimplifiedLayerNormalization SparseAttention SparseToDenseMatMul Tokenizer TransposeMatMul Trilu UnfoldTensor Unique
WordConvEmbedding
"""


def make_onnx(before: List) -> List:
    """Every operator of every version of the standard, and the fields of its messages."""
    messages = before.get("messages", {})
    add_message(messages, importlib.import_module("onnx").ModelProto.DESCRIPTOR)
    operators = {domain: set(names) for domain, names in before.get("operators", {}).items()}
    for schema in importlib.import_module("onnx.defs").get_all_schemas_with_history():
        operators.setdefault(schema.domain, set()).add(schema.name)
    operators["com.microsoft"] = {*MICROSOFT.split()}
    return {
        "messages": messages,
        "operators": {domain: sorted(names) for domain, names in sorted(operators.items())},
        "installed": {"onnx": version("onnx")},
    }


# ---- TensorFlow

# Stateful operators that trained models have: variables, tables, lists, random numbers, calls, and saving itself.
STATEFUL = """
AddManySparseToTensorsMap AddSparseToTensorsMap AllCandidateSampler AnonymousHashTable AnonymousMutableDenseHashTable
AnonymousMutableHashTable AnonymousMutableHashTableOfTensors Assert AssignAddVariableOp AssignSubVariableOp
AssignVariableOp Case CheckNumerics CheckNumericsV2 CudnnRNN CudnnRNNV2 CudnnRNNV3 DeepCopy
DestroyResourceOp DisableCopyOnRead Empty GuaranteeConst HashTable HashTableV2 If
InitializeTableFromTextFileV2 InitializeTableV2 IsResourceHandleRefCounting LearnedUnigramCandidateSampler
LogUniformCandidateSampler LookupTableExportV2 LookupTableFindV2 LookupTableImportV2 LookupTableInsertV2
LookupTableRemoveV2 LookupTableSizeV2 MergeV2Checkpoints Multinomial MutableDenseHashTable MutableDenseHashTableV2
MutableHashTable MutableHashTableOfTensors MutableHashTableOfTensorsV2 MutableHashTableV2 NonDeterministicInts
ParameterizedTruncatedNormal Print RandomCrop RandomGamma RandomPoisson RandomPoissonV2 RandomShuffle
RandomStandardNormal RandomUniform RandomUniformInt ReadVariableOp ResourceApplyAdaMax ResourceApplyAdadelta
ResourceApplyAdagrad ResourceApplyAdagradDA ResourceApplyAdagradV2 ResourceApplyAdam ResourceApplyAdamWithAmsgrad
ResourceApplyAddSign ResourceApplyCenteredRMSProp ResourceApplyFtrl ResourceApplyFtrlV2 ResourceApplyGradientDescent
ResourceApplyKerasMomentum ResourceApplyMomentum ResourceApplyPowerSign ResourceApplyProximalAdagrad
ResourceApplyProximalGradientDescent ResourceApplyRMSProp ResourceCountUpTo ResourceGather ResourceGatherNd
ResourceScatterAdd ResourceScatterDiv ResourceScatterMax ResourceScatterMin ResourceScatterMul ResourceScatterNdAdd
ResourceScatterNdMax ResourceScatterNdMin ResourceScatterNdSub ResourceScatterNdUpdate ResourceScatterSub
ResourceScatterUpdate ResourceSparseApplyAdadelta ResourceSparseApplyAdagrad ResourceSparseApplyAdagradDA
ResourceSparseApplyAdagradV2 ResourceSparseApplyCenteredRMSProp ResourceSparseApplyFtrl ResourceSparseApplyFtrlV2
ResourceSparseApplyKerasMomentum ResourceSparseApplyMomentum ResourceSparseApplyProximalAdagrad
ResourceSparseApplyProximalGradientDescent ResourceSparseApplyRMSProp ResourceStridedSliceAssign RestoreV2
RngReadAndSkip RngSkip SampleDistortedBoundingBox SampleDistortedBoundingBoxV2 SaveV2 ShardedFilename Stack StackCloseV2
StackPopV2 StackPushV2 StackV2 StatefulPartitionedCall StatefulRandomBinomial StatefulStandardNormal
StatefulStandardNormalV2 StatefulTruncatedNormal StatefulUniform StatefulUniformFullInt StatefulUniformInt
StatelessRandomGetAlg TakeManySparseFromTensorsMap TemporaryVariable TensorArray TensorArrayCloseV3 TensorArrayConcatV3
TensorArrayGatherV3 TensorArrayGrad TensorArrayGradV2 TensorArrayGradV3 TensorArrayGradWithShape TensorArrayReadV3
TensorArrayScatterV3 TensorArraySizeV3 TensorArraySplitV3 TensorArrayV2 TensorArrayV3 TensorArrayWriteV3
ThreadUnsafeUnigramCandidateSampler TruncatedNormal UniformCandidateSampler VarHandleOp VarIsInitializedOp Variable
VariableShape VariableV2 While
"""
# Run Python, read or write files by a name, connect to somewhere, or end the process.
UNSAFE = """
Abort CSVDataset CSVDatasetV2 CalibrationStatisticsSaver CreateSummaryDbWriter CreateSummaryFileWriter
DTensorRestoreV2 DataServiceDataset DataServiceDatasetV2 DataServiceDatasetV3 DataServiceDatasetV4 DatasetToTFRecord
DebugGradientIdentity DebugIdentity DebugIdentityV2 DebugIdentityV3 DebugNanCount DebugNumericSummary DistributedSave
DumpTensor EagerPyFunc ExperimentalCSVDataset ExperimentalDatasetToTFRecord ExperimentalLMDBDataset
ExperimentalMatchingFilesDataset ExperimentalSqlDataset FileSystemSetConfiguration FixedLengthRecordDataset
FixedLengthRecordDatasetV2 FixedLengthRecordReader FixedLengthRecordReaderV2 GenerateVocabRemapping ImmutableConst
ImportEvent LMDBDataset LMDBReader ListSnapshotChunksDataset LoadAndRemapMatrix LoadDataset MatchingFiles
MatchingFilesDataset PyFunc PyFuncStateless ReadFile RecordInput RegisterDataset RegisterDatasetV2 RemoteCall RpcCall
RpcClient RpcServer RpcServerRegister RpcServerStart SaveDataset SaveDatasetV2 SnapshotChunkDataset SnapshotDataset
SnapshotDatasetReader SnapshotDatasetV2 SnapshotNestedDatasetReader SqlDataset TFRecordDataset TFRecordDatasetV2
TFRecordReader TFRecordReaderV2 TextLineDataset TextLineReader TextLineReaderV2 WholeFileReader WholeFileReaderV2
WriteFile
"""
# Stateless operators that are left to a reviewer: pieces of input pipelines and queues, of other devices and of
# TensorFlow's own tests, and those that hold programs of their own.
LEFT_OUT = re.compile(
    r"^_|Dataset|Debug|Reader|PyFunc|TPU|Tpu|Xla|Rpc|Queue|Barrier|Snapshot|Optional|DTensor|SparseCore|Csr|BoostedTrees"
    r"|DedupData|CompositeTensor|Prelinearize|CustomAggregator|HostConst|^Sdca|^Risc|^Relayout|^Copy|^Unbatch|^Mlir"
    r"|^(Batch|BatchFunction|WindowOp|GetElementAtIndex|ComputeBatchSize|GetOptions|GetDeadline|CheckPinned|CompressElement"
    r"|UncompressElement|SparseActivationsUnstack|ImmutableConst|SymbolicGradient)$"
)
TESTS = re.compile(
    r"Attrs?$|^Attr|^Foo\d|^Kernel|Polymorphic|Restrict|Struct$|^Namespace|OutType|TypeList|^NIn|^(Float|Int|Int64|Five\w*"
    r"|Two\w*|Ref|Reserved|List|TestString|Simple\w*)(Int|Float|String)?(In|Inputs?|Output\w*|Input\w*|Ref\w*|Structs?)?$"
    r"|^(A|B|None|Old|RefOut|Unary|Binary|Simple|OutT|NIntsIn|NIntsOut|NIntsOutDefault|Construction\w+|RefsIn|TwoRefsIn)$"
)
# Only with harmless values of some attributes, which the reader looks at.
WITH_ATTRIBUTES = {"FixedUnigramCandidateSampler", "PrintV2", "DecodeProtoV2", "EncodeProto"}


def make_tensorflow(before: List) -> List:
    """The operators of the registry that only compute, and the fields of the messages of a saved model."""
    session = importlib.import_module("tensorflow.python.client.pywrap_tf_session")
    op_def = importlib.import_module("tensorflow.core.framework.op_def_pb2")
    registered = op_def.OpList()
    registered.ParseFromString(session.TF_GetBuffer(session.TF_GetAllOpList()))
    unsafe = {*UNSAFE.split()}
    stateless = {op.name for op in registered.op if not op.is_stateful} - unsafe
    allowed = {name for name in stateless if not LEFT_OUT.search(name) and not TESTS.search(name)} | WITH_ATTRIBUTES
    messages = before.get("messages", {})
    for module, name in {
        "saved_model_pb2": "SavedModel",
        "fingerprint_pb2": "FingerprintDef",
        "tensor_bundle_pb2": "BundleHeaderProto",
    }.items():
        add_message(messages, getattr(importlib.import_module(f"tensorflow.core.protobuf.{module}"), name).DESCRIPTOR)
    bundle = importlib.import_module("tensorflow.core.protobuf.tensor_bundle_pb2")
    add_message(messages, bundle.BundleEntryProto.DESCRIPTOR)
    known = before.get("operators", {})
    return {
        "messages": messages,
        "operators": {
            "allowed": merged(known.get("allowed", []), allowed | {*STATEFUL.split()}),
            "unsafe": sorted(unsafe),
        },
        "installed": {"tensorflow": version(next(name for name in ("tensorflow", "tensorflow-cpu") if has(name)))},
    }


def has(distribution: str) -> bool:
    try:
        return bool(version(distribution))
    except ModuleNotFoundError:
        return False


# ---- Keras

# Namespaces whose classes and functions a model's configuration names. keras.utils, keras.saving, keras.datasets,
# keras.applications, keras.callbacks and keras.export read, write or fetch, and are left out on purpose.
NAMESPACES = (
    "activations", "constraints", "distillation", "dtype_policies", "initializers", "layers", "losses", "metrics",
    "mixed_precision", "models", "ops", "ops.image", "ops.linalg", "ops.nn", "ops.numpy", "optimizers",
    "optimizers.legacy", "optimizers.schedules", "quantizers", "random", "regularizers",
)  # fmt: skip
ROOT_CLASSES = (
    "DTypePolicy", "FloatDTypePolicy", "Initializer", "InputSpec", "KerasTensor", "Layer", "Loss", "Metric", "Model",
    "Optimizer", "Quantizer", "Regularizer", "Sequential",
)  # fmt: skip
# Hold code of others, or read files by a name.
HOLD_CODE = frozenset({"FlaxLayer", "JaxLayer", "Lambda", "TFSMLayer", "TorchModuleWrapper"})
# Take functions, or look things up for the caller.
TAKE_FUNCTIONS = frozenset({
    "AssociativeScan", "Cond", "CustomGradient", "ForiLoop", "JVP", "Map", "Scan", "Switch", "VectorizedMap",
    "WhileLoop", "associative_scan", "clone_model", "cond", "custom_gradient", "deserialize", "dtype_policy",
    "fori_loop", "get", "global_policy", "jvp", "load_model", "map", "model_from_json", "save_model", "scan",
    "serialize", "set_dtype_policy", "set_global_policy", "switch", "vectorized_map", "while_loop",
})  # fmt: skip
# How releases before the third named what is inside a model; there, configurations name no modules.
OLD_MODULES = {
    "keras.src.models.functional": ["Functional"],
    "keras.engine.functional": ["Functional"],
    "keras.engine.sequential": ["Sequential"],
    "keras.engine.training": ["Model"],
    "keras.src.engine.functional": ["Functional"],
    "keras.src.engine.sequential": ["Sequential"],
    "keras.src.engine.training": ["Model"],
    "keras.models.functional": ["Functional"],
    "keras.src.trainers.compile_utils": ["MetricsList"],
}
OLD_NAMES = """
CuDNNGRU CuDNNLSTM Functional LocallyConnected1D LocallyConnected2D Model Policy PolicyV1 RandomHeight RandomWidth
Sequential SyncBatchNormalization ThresholdedReLU
"""


def make_keras(before: List) -> List:
    """Layers, losses, optimizers and the like by every module that a configuration may name them with."""
    keras = importlib.import_module("keras")
    backend = keras.backend.backend()
    modules = {
        name: {use: set(names) for use, names in uses.items()} for name, uses in before.get("modules", {}).items()
    }

    def add(module: str, use: str, name: str) -> None:
        if name not in HOLD_CODE | TAKE_FUNCTIONS and not name.startswith("_"):
            modules.setdefault(module, {}).setdefault(use, set()).add(name)

    def add_class(module: str, name: str, value: type) -> None:
        is_saved = inspect.isclass(value) and issubclass(value, saveable_classes(keras))
        if is_saved and value.__name__ not in HOLD_CODE | TAKE_FUNCTIONS:
            add(module, "classes", name)
            add(value.__module__, "classes", value.__name__)

    for namespace in NAMESPACES:
        for name, value in vars(find(keras, namespace)).items():
            if inspect.isclass(value):
                add_class(f"keras.{namespace}", name, value)
            elif inspect.isfunction(value):
                add(f"keras.{namespace}", "functions", name)
    for name in ROOT_CLASSES:
        add_class("keras", name, getattr(keras, name))
    for inner in inner_classes(keras, backend):
        add_class(inner.__module__, inner.__name__, inner)
    for module, names in OLD_MODULES.items():
        modules.setdefault(module, {}).setdefault("classes", set()).update(names)
    public = [uses for module, uses in modules.items() if not module.startswith(("keras.src.", "keras.ops"))]
    old = {*OLD_NAMES.split()}.union(*(uses.get("classes", set()) for uses in public))
    return {
        "modules": {
            module: {use: sorted(names) for use, names in sorted(uses.items())}
            for module, uses in sorted(modules.items())
        },
        "old": merged(before.get("old", []), old),
        "tensorflow_functions": merged(
            before.get("tensorflow_functions", []), tensorflow_functions() if backend == "tensorflow" else set()
        ),
        "installed": {"keras": version("keras"), "backend": backend},
    }


def inner_classes(keras: Any, backend: str) -> Iterator[type]:
    """Classes that configurations name by the module that they are in: operations, and optimizers of a backend."""
    for operation in subclasses(keras.Operation):
        if operation.__module__.startswith("keras.src.ops."):
            yield operation
    if backend == "torch":
        for found in pkgutil.iter_modules(keras.src.backend.torch.optimizers.__path__):
            place = importlib.import_module(f"keras.src.backend.torch.optimizers.{found.name}")
            yield from (value for value in vars(place).values() if getattr(value, "__module__", "") == place.__name__)


# Parts of TensorFlow's own interface whose functions only compute; layers of its older Keras call them by name.
COMPUTING = ("bitwise", "image", "linalg", "math", "nn", "random", "ragged", "signal", "sparse", "strings")
COMPUTING_MODULES = re.compile(
    r"tensorflow\.python\.ops\.(array_ops|array_ops_stack|bincount_ops|clip_ops|gen_\w+_ops|linalg_ops|manip_ops"
    r"|math_ops|nn_ops|nn_impl|special_math_ops|string_ops|sort_ops|histogram_ops|random_ops|sets_impl|confusion_matrix"
    r"|image_ops\w*"
    r"|candidate_sampling_ops|ctc_ops|embedding_ops|linalg\..*|signal\..*|ragged\..*|sparse_ops|stateless_random_ops"
    r"|spectral_ops|fft_ops|rnn|weak_tensor_ops|einsum|special)\w*"
)
OPERATORS = (
    "add bool getitem div eq floordiv ge gt invert le logical_and lt matmul mod mul ne neg or pow sub truediv xor"
)


def tensorflow_functions() -> set[str]:
    """Names under which a layer may call TensorFlow; none of them takes a function or touches a file."""
    tensorflow = importlib.import_module("tensorflow")
    found = {f"__operators__.{name}" for name in OPERATORS.split()}
    for namespace in ("", *COMPUTING):
        for name, value in vars(find(tensorflow, namespace) if namespace else tensorflow).items():
            module = (
                inspect.getmodule(inspect.unwrap(value)) if callable(value) and not inspect.isclass(value) else None
            )
            takes_function = re.search(
                r"map_|_fn|fold|while|cond|case|grad|decode_proto|encode_proto|^scan$|py_func|fixed_unigram", name
            )
            if module is not None and COMPUTING_MODULES.match(module.__name__) and not takes_function:
                found |= {f"{namespace}.{name}".lstrip("."), f"compat.v1.{namespace}.{name}".replace("..", ".")}
    return found


def find(package: Any, dotted: str) -> Any:
    for part in dotted.split("."):
        package = getattr(package, part)
    return package


def saveable_classes(keras: Any) -> tuple[type, ...]:
    """What a configuration may describe: everything that keras saves, and the plain objects inside."""
    plain = (keras.Initializer, keras.Regularizer, keras.constraints.Constraint, keras.dtype_policies.DTypePolicy)
    schedule = keras.optimizers.schedules.LearningRateSchedule
    others = (keras.InputSpec, keras.KerasTensor, keras.quantizers.QuantizationConfig, keras.random.SeedGenerator)
    saved = (
        keras.Operation,
        keras.Loss,
        keras.Metric,
        keras.Optimizer,
        keras.Quantizer,
        keras.dtype_policies.DTypePolicyMap,
    )
    return (*plain, schedule, *others, *saved)


def subclasses(root: type[Any]) -> set[type[Any]]:
    found = {root}
    for child in root.__subclasses__():
        found |= subclasses(child)
    return found


def main(name: str) -> None:
    """Merge what is installed here into one of the lists."""
    path = FOLDER / f"{name}_list.json"
    is_new = "--new" in sys.argv or not path.exists()
    before = {} if is_new else json.loads(path.read_text())
    for fields in before.get("messages", {}).values():
        fields.pop("seen", None)
    made = {"onnx": make_onnx, "tensorflow": make_tensorflow, "keras": make_keras}[name](before)
    for fields in made.get("messages", {}).values():
        fields.pop("seen", None)
    installed = made.pop("installed")
    seen = [entry for entry in before.get("seen", []) if entry != installed]
    path.write_text(json.dumps({"version": FORMAT, "seen": [*seen, installed], **made}, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
