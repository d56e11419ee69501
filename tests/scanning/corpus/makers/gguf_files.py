"""GGUF models as the writer of llama.cpp makes them."""

from importlib import import_module
from pathlib import Path
from typing import Any

CHAT = "{% for message in messages %}<|{{ message['role'] }}|>{{ message['content'] }}\n{% endfor %}"


def make(folder: Path) -> None:
    """With and without a tokenizer and a chat template; floats, halves and quantized blocks."""
    _write(folder / "plain.gguf", "llama")
    _write(folder / "tokens.gguf", "llama", tokens=True)
    _write(folder / "chat.gguf", "qwen2", tokens=True, chat=CHAT)
    _write(folder / "quantized.gguf", "phi3", quantized=True)


def _write(path: Path, architecture: str, *, tokens: bool = False, chat: str = "", quantized: bool = False) -> None:
    gguf, numpy = import_module("gguf"), import_module("numpy")
    random = numpy.random.default_rng(7)
    writer: Any = gguf.GGUFWriter(path, architecture)
    writer.add_name("tiny")
    writer.add_block_count(1)
    writer.add_context_length(16)
    writer.add_embedding_length(32)
    writer.add_head_count(2)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_file_type(0)
    if tokens:
        words = ["<unk>", "<s>", "</s>", *(chr(97 + number) for number in range(13))]
        writer.add_tokenizer_model("llama")
        writer.add_token_list(words)
        writer.add_token_scores([0.0] * len(words))
        writer.add_token_types([1] * len(words))
        writer.add_bos_token_id(1)
        writer.add_eos_token_id(2)
    if chat:
        writer.add_chat_template(chat)
    writer.add_tensor("token_embd.weight", random.normal(size=(16, 32)).astype("float32"))
    writer.add_tensor("blk.0.attn_norm.weight", numpy.ones(32, dtype="float32"))
    writer.add_tensor("blk.0.ffn_up.weight", random.normal(size=(32, 32)).astype("float16"))
    if quantized:
        kind = gguf.GGMLQuantizationType.Q8_0
        blocks = gguf.quants.quantize(random.normal(size=(32, 32)).astype("float32"), kind)
        writer.add_tensor("blk.0.ffn_down.weight", blocks, raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
