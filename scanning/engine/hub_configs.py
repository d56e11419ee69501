"""What the configurations of model hubs make a loader import, fetch or run, wherever in a document they say so.

Recognised by their keys and the form of their values, never by the name of the file.
"""

import re
from collections.abc import Callable, Mapping

from scanning.engine import chat_templates
from scanning.engine.allow_list import Standing, standing
from scanning.engine.context import Context
from scanning.engine.folders import beside
from scanning.engine.paths import leads_outside

DOTTED = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+")
# Keys that tell a loader to run code that comes with the model or from another one.
CODE_KEYS = frozenset({
    "allow_remote", "auto_map", "custom_code", "custom_generate", "custom_objects", "custom_pipelines", "plugins",
    "remote_code", "trust_remote_code",
})  # fmt: skip
# Modules of sentence-transformers, which are imported by the names in modules.json.
SENTENCE_PACKAGES = (
    "sentence_transformers.models",
    "sentence_transformers.base.models",
    "sentence_transformers.base.modules",
    "sentence_transformers.sentence_transformer.models",
    "sentence_transformers.sentence_transformer.modules",
    "sentence_transformers.sparse_encoder.models",
    "sentence_transformers.sparse_encoder.modules",
    "sentence_transformers.cross_encoder.models",
    "sentence_transformers.cross_encoder.modules",
)
SENTENCE_MODULES = (
    "Asym", "BoW", "CLIPModel", "CNN", "Dense", "Dropout", "LSTM", "LayerNorm", "LogitScore", "MLMTransformer",
    "Normalize", "Pooling", "Router", "SparseAutoEncoder", "SparseStaticEmbedding", "SpladePooling", "StaticEmbedding",
    "Transformer", "WeightedLayerPooling", "WordEmbeddings", "WordWeights",
)  # fmt: skip
SENTENCE_TYPES = frozenset(
    f"{package}.{name}"
    for package in SENTENCE_PACKAGES
    for name in (*SENTENCE_MODULES, *(f"{n}.{n}" for n in SENTENCE_MODULES))
) | {f"sentence_transformers.models.tokenizer.{name}" for name in ("WhitespaceTokenizer", "PhraseTokenizer")}
ACTIVATIONS = frozenset(
    f"torch.nn.modules.activation.{name}"
    for name in (
        "ELU", "GELU", "Hardsigmoid", "Hardswish", "Hardtanh", "LeakyReLU", "LogSigmoid", "LogSoftmax", "Mish", "PReLU",
        "ReLU", "ReLU6", "SELU", "SiLU", "Sigmoid", "Softmax", "Softplus", "Softsign", "Tanh", "Tanhshrink",
    )
) | {"torch.nn.modules.linear.Identity", "torch.nn.Identity", "torch.nn.Sigmoid", "torch.nn.Tanh"}  # fmt: skip
# Libraries, and modules of diffusers itself, that the parts of a diffusers pipeline come from.
PIPELINE_LIBRARIES = frozenset({
    "audioldm2", "deepfloyd_if", "diffusers", "kandinsky", "latent_diffusion", "onnxruntime.training",
    "paint_by_example", "shap_e", "stable_audio", "stable_cascade", "stable_diffusion", "stable_diffusion_safe",
    "transformers", "unidiffuser", "versatile_diffusion", "wuerstchen",
})  # fmt: skip
PEFT_LIBRARIES = frozenset({"diffusers", "diffusers.models", "transformers"})
NAME_KEYS = frozenset({"_name_or_path", "name_or_path", "base_model_name_or_path", "tokenizer_name_or_path"})
BASE_KEYS = frozenset({"base_model_name_or_path", "tokenizer_name_or_path"})
PATH_ENDINGS = ("_file", "_path", "_dir", "_folder", "filename")


def judge_object(entries: Mapping[str, object], context: Context) -> None:
    """Judge one object of a document, without what is nested in it."""
    # The version is only a note: the loader does without it.
    if "_class_name" in entries:
        _judge_pipeline(entries, context)
    if isinstance(entries.get("type"), str) and ("idx" in entries or "path" in entries) and "name" in entries:
        _judge_sentence_module(entries, context)
    if entries.get("lc") and entries.get("type") in ("constructor", "not_implemented", "secret"):
        context.found("json.code", "The document describes objects that LangChain would build.", subject="lc")
    for key, value in entries.items():
        judge = JUDGES.get(key)
        if judge is not None:
            judge(value, context)
        elif key in CODE_KEYS and value:
            _judge_code(key, value, context)
        elif key.startswith("py/"):
            _judge_pickled(key, value, context)
        elif isinstance(value, str):
            _judge_text(key, value, context)


def _judge_code(key: str, value: object, context: Context) -> None:
    named = list(value.values()) if isinstance(value, dict) else [value]
    subject = next((str(name[0] if isinstance(name, list) and name else name) for name in named), "")
    context.found("json.code", f"The document names code to load, under {key!r}: {subject}", subject=subject)


def _judge_text(key: str, value: str, context: Context) -> None:
    if "{{" in value or "{%" in value:
        chat_templates.judge_text(value, context, f"The text under {key!r}")
    if key in NAME_KEYS:
        _judge_origin(key, value, context)
    elif key.endswith(PATH_ENDINGS) and ("/" in value or "\\" in value):
        if "://" in value:
            context.found("hub.address", f"The document takes {key!r} from an address: {value}", subject=value)
        elif ".." in value.replace("\\", "/").split("/"):
            context.found("hub.path", f"The document refers to {value!r} outside of the model, under {key!r}.")
        elif leads_outside(value):
            context.found("hub.local-path", f"The document remembers the place {value!r}, under {key!r}.")


def _judge_origin(key: str, value: str, context: Context) -> None:
    """The model that this one was made from; an adapter loads it, others only mention it."""
    if "://" in value:
        context.found("hub.address", f"The document names an address as a model, {key}: {value}", subject=value)
    elif leads_outside(value):
        rule = "hub.path" if key in BASE_KEYS else "hub.local-path"
        context.found(rule, f"The document names a model at {value!r}, outside of this one, under {key!r}.")


def _judge_template(value: object, context: Context) -> None:
    """One template, a list of named ones, or an object of them."""
    if isinstance(value, str):
        chat_templates.judge_template(value, context, "The chat template")
        return
    listed = value if isinstance(value, list) else [value]
    for entry in listed:
        for name, text in entry.items() if isinstance(entry, dict) else ():
            if isinstance(text, str) and name != "name":
                chat_templates.judge_template(text, context, "The chat template")


def _judge_index(value: object, context: Context) -> None:
    """A map from tensors to the files that hold them."""
    if not isinstance(value, dict):
        return
    for name in sorted({str(name) for name in value.values()}):
        if leads_outside(name) or "://" in name:
            context.found("json.path", f"The index refers to the file {name!r} outside of the model.", subject=name)
        elif "/" in name or "\\" in name:
            context.found("hub.path", f"The index refers to the file {name!r} in another folder.", subject=name)
        elif not context.place and context.folder.sizes and beside(context.file, name) not in context.folder.sizes:
            context.found("hub.missing-shard", f"The index refers to the file {name!r}, which is not in the version.")


def _judge_pipeline(entries: Mapping[str, object], context: Context) -> None:
    """A diffusers pipeline: every part is a library and the name of a class in it."""
    for key, value in entries.items():
        if not isinstance(value, list) or len(value) != 2 or not isinstance(value[0], str):
            continue
        library = value[0]
        if key == "_class_name" or library not in PIPELINE_LIBRARIES:
            judge_name(f"{library}.{value[1]}", context, f"The part {key!r} of the pipeline comes from")


def _judge_sentence_module(entries: Mapping[str, object], context: Context) -> None:
    name, path = str(entries["type"]), entries.get("path")
    if not DOTTED.fullmatch(name):
        return
    if name not in SENTENCE_TYPES:
        judge_name(name, context, "A module of the model is")
    if isinstance(path, str) and (leads_outside(path) or "://" in path):
        context.found("json.path", f"A module of the model is at {path!r}, outside of the model.", subject=path)


def _judge_types(value: object, context: Context) -> None:
    """The modules that a router of sentence-transformers chooses from."""
    for name in value.values() if isinstance(value, dict) else ():
        if isinstance(name, str) and DOTTED.fullmatch(name) and name not in SENTENCE_TYPES:
            judge_name(name, context, "A module of the model is")


def _judge_activation(value: object, context: Context) -> None:
    if isinstance(value, str) and "." in value and value not in ACTIVATIONS:
        judge_name(value, context, "The activation function is")


def _judge_tokenizer_class(value: object, context: Context) -> None:
    if isinstance(value, str) and "." in value and value not in SENTENCE_TYPES:
        judge_name(value, context, "The tokenizer is")


def _judge_target(value: object, context: Context) -> None:
    if isinstance(value, str) and value:
        judge_name(value, context, "The configuration has something built by")


def _judge_mapping(value: object, context: Context) -> None:
    """The library that PEFT imports to find the class of the base model."""
    library = value.get("parent_library") if isinstance(value, dict) else None
    if isinstance(library, str) and library not in PEFT_LIBRARIES:
        name = f"{library}.{value.get('base_model_class')}" if isinstance(value, dict) else library
        parts = library.split(".")
        if parts[:2] != ["transformers", "models"] or not all(part.isidentifier() for part in parts) or len(parts) != 4:
            judge_name(name, context, "The class of the base model is")


def _judge_megatron(value: object, context: Context) -> None:
    if value not in (None, "megatron.core"):
        judge_name(f"{value}.x", context, "The adapter imports")


def _judge_attention(value: object, context: Context) -> None:
    if isinstance(value, str) and ("/" in value or ":" in value):
        context.found("json.code", f"The attention is computed by code from {value!r}.", subject=value)


def _judge_pickled(key: str, value: object, context: Context) -> None:
    """jsonpickle rebuilds objects, and calls what it is told to."""
    if isinstance(value, str) and value:
        judge_name(value, context, "The document has something built by")
    else:
        context.found("json.code", f"The document describes objects that jsonpickle would build ({key}).", subject=key)


def judge_name(dotted: str, context: Context, what: str) -> None:
    """A name that a loader imports: unsafe when it is of the standard library or worse, else something to look at."""
    module, _, name = dotted.rpartition(".")
    parts = module.split(".")
    # A name may lead through a class: everything up to any dot may be the module.
    forbidden = any(
        standing(".".join(parts[:end]), name) is Standing.FORBIDDEN for end in range(1, len(parts) + 1)
    ) or any(part.startswith("__") for part in (*parts, name))
    if not module or forbidden:
        context.found("hub.forbidden-name", f"{what} {dotted}, which is no part of a model.", subject=dotted)
    else:
        context.found("hub.unknown-name", f"{what} {dotted}, which the gate does not know.", subject=dotted)


JUDGES: dict[str, Callable[[object, Context], None]] = {
    "_target_": _judge_target,
    "chat_template": _judge_template,
    "weight_map": _judge_index,
    "types": _judge_types,
    "activation_fn": _judge_activation,
    "activation_function": _judge_activation,
    "tokenizer_class": _judge_tokenizer_class,
    "auto_mapping": _judge_mapping,
    "megatron_core": _judge_megatron,
    "attn_implementation": _judge_attention,
    "_attn_implementation": _judge_attention,
}
