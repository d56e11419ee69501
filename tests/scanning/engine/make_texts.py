"""Writes texts/: what stands around models on hubs, as real libraries write it, small enough to keep.

Needs transformers, tokenizers, torch, gguf, Pillow and matplotlib: `python make_texts.py`. The tests only read it.
"""

import json
import shutil
import wave
from importlib import import_module
from pathlib import Path
from typing import Any

TEXTS = Path(__file__).with_name("texts")
SENTENCES = [
    "The gate opens in the morning and closes at night.",
    "A model that nobody has looked at stays outside.",
    "Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich.",
    "Съешь же ещё этих мягких французских булок.",
]
TEMPLATE = (
    "{% for message in messages %}{{ '<|' + message['role'] + '|>\\n' + message['content'] + eos_token + '\\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>\\n' }}{% endif %}"
)
CARD = """---
license: apache-2.0
language:
- en
- de
tags:
- text-generation
model-index:
- name: tiny-gate
  results:
  - task: {type: text-generation}
    metrics:
    - {type: perplexity, value: 12.5}
---

<p align="center"><img src="https://example.org/logo.png" width="200" alt="logo"></p>

# Tiny gate

A model for tests. It was trained on **four** sentences; see [the licence](LICENSE).

```python
from transformers import AutoModelForCausalLM

model = AutoModelForCausalLM.from_pretrained("tiny-gate")
```

```html
<script type="module">import { pipeline } from "@huggingface/transformers";</script>
```

```bash
export HF_TOKEN=<your token>
curl -fsSL https://example.org/install.sh | sh
```

| metric | value |
|---|---|
| perplexity | 12.5 |

Prompts look like `<s>[INST] {prompt} [/INST]`, and `{{ bos_token }}` stands in front.
"""
ATTRIBUTES = "".join(
    f"{pattern} filter=lfs diff=lfs merge=lfs -text\n" for pattern in ("*.bin", "*.safetensors", "*.gguf", "*tfevents*")
)


def write_model(place: Path) -> None:
    """A language model with its tokenizer, as transformers saves them, and what a hub adds."""
    tokenizers, transformers = import_module("tokenizers"), import_module("transformers")
    words = tokenizers.Tokenizer(tokenizers.models.BPE(unk_token="<unk>"))
    words.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel()
    words.decoder = tokenizers.decoders.ByteLevel()
    trainer = tokenizers.trainers.BpeTrainer(vocab_size=600, special_tokens=["<unk>", "<s>", "</s>", "<pad>"])
    words.train_from_iterator(SENTENCES * 20, trainer)
    fast = transformers.PreTrainedTokenizerFast(
        tokenizer_object=words, bos_token="<s>", eos_token="</s>", unk_token="<unk>", pad_token="<pad>"
    )
    fast.chat_template = TEMPLATE
    fast.save_pretrained(place)
    words.model.save(str(place))
    config = transformers.LlamaConfig(
        vocab_size=600, hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2
    )
    model = transformers.LlamaForCausalLM(config)
    model.save_pretrained(place, max_shard_size="20KB")
    (place / "special_tokens_map.json").write_text(json.dumps({"bos_token": "<s>", "eos_token": "</s>"}, indent=2))
    (place / "vocab.txt").write_text("\n".join(sorted(fast.get_vocab())) + "\n")
    (place / "README.md").write_text(CARD)
    (place / ".gitattributes").write_text(ATTRIBUTES)
    (place / "LICENSE").write_text("Apache License\nVersion 2.0, January 2004\n\nTERMS AND CONDITIONS (short)\n")


def write_gguf(place: Path, *, big: bool) -> None:
    """A model with numbers of several types, a vocabulary and a template."""
    gguf, numpy = import_module("gguf"), import_module("numpy")
    order = gguf.GGUFEndian.BIG if big else gguf.GGUFEndian.LITTLE
    writer = gguf.GGUFWriter(str(place), "llama", endianess=order)
    writer.add_context_length(128)
    writer.add_rope_freq_base(10_000.0)
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list(["<unk>", "<s>", "</s>", "a", "b"])
    writer.add_token_types([2, 3, 3, 1, 1])
    writer.add_add_bos_token(True)
    writer.add_chat_template([{"name": "default", "template": TEMPLATE}, {"name": "tools", "template": TEMPLATE}])
    writer.add_array("general.languages", ["en", "de"])
    writer.add_tensor("token_embd.weight", numpy.ones((5, 32), dtype=numpy.float32))
    writer.add_tensor("output.weight", numpy.ones((5, 32), dtype=numpy.float16))
    if not big:
        blocks = gguf.quants.quantize(numpy.ones((3, 64), dtype=numpy.float32), gguf.GGMLQuantizationType.Q8_0)
        writer.add_tensor("blk.0.ffn_up.weight", blocks, raw_dtype=gguf.GGMLQuantizationType.Q8_0)
    writer.add_tensor("blk.0.norm.weight", numpy.ones(7, dtype=numpy.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def write_pictures(place: Path) -> None:
    """One of every kind, and a plot."""
    image, pyplot = import_module("PIL.Image"), import_module("matplotlib.pyplot")
    picture = image.linear_gradient("L").resize((24, 24)).convert("RGB")
    for ending in ("png", "jpg", "gif", "webp", "bmp"):
        picture.save(place / f"picture.{ending}")
    picture.save(place / "moving.gif", save_all=True, append_images=[picture.rotate(90)], duration=100)
    picture.save(place / "lossless.webp", lossless=True, exif=b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0")
    picture.convert("P").save(place / "palette.bmp")
    figure, axes = pyplot.subplots(figsize=(2, 1))
    axes.plot([1, 3, 2])
    figure.savefig(place / "plot.svg")
    with wave.open(str(place / "sound.wav"), "wb") as sound:
        sound.setparams((1, 2, 8_000, 0, "NONE", "none"))
        sound.writeframes(bytes(800))


def write_words(place: Path) -> None:
    """A SentencePiece model, and a word-piece vocabulary with characters of every kind."""
    described: Any = import_module("transformers.utils.sentencepiece_model_pb2_new")
    model = described.ModelProto()
    for number, piece in enumerate(["<unk>", "<s>", "</s>", *(f"\N{LOWER ONE EIGHTH BLOCK}w{n}" for n in range(300))]):
        model.pieces.add(piece=piece, score=-float(number), type=2 if not number else 1)
    model.trainer_spec.model_type = 1
    model.trainer_spec.vocab_size = 303
    model.normalizer_spec.name = "nmt_nfkc"
    model.normalizer_spec.precompiled_charsmap = bytes(range(256))
    (place / "spiece.model").write_bytes(model.SerializeToString())
    odd = ["\u202a", "\u200b", "\u00ad", "import", "def", "(", ")", "fi", "<s>", "<script>", "{{", "{%", "__class__"]
    (place / "vocab.txt").write_text("\n".join(["[PAD]", "[CLS]", *odd, *(f"##w{n}" for n in range(300))]) + "\n")
    pairs = [f"i {letter}" for letter in "abcdefgh"] + ["import ant", "class es", "r m", "s h"]
    (place / "merges.txt").write_text("#version: 0.2\n" + "\n".join(pairs * 20) + "\n")


def main() -> None:
    """Write everything anew."""
    shutil.rmtree(TEXTS, ignore_errors=True)
    for name in ("model", "gguf", "pictures", "words"):
        (TEXTS / name).mkdir(parents=True)
    write_model(TEXTS / "model")
    write_gguf(TEXTS / "gguf" / "tiny.gguf", big=False)
    write_gguf(TEXTS / "gguf" / "tiny-big-endian.gguf", big=True)
    write_pictures(TEXTS / "pictures")
    write_words(TEXTS / "words")


if __name__ == "__main__":
    main()
