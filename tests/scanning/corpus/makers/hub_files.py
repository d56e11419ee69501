"""Folders as people push them to the Hub: tiny random models of transformers with tokenizers and a card."""

from importlib import import_module
from pathlib import Path
from typing import Any

CARD = """---
license: mit
library_name: transformers
tags:
- {tag}
---

# {name}

A tiny model with random weights.

```python
from transformers import AutoModel

model = AutoModel.from_pretrained("{name}")
```
"""
CHAT = "{% for message in messages %}<|{{ message['role'] }}|>{{ message['content'] }}{% endfor %}"
WIDE = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}


def make(folder: Path) -> None:
    """Encoders, decoders, both, pictures; one in pieces, one with the old weights, one with a chat template."""
    import_module("transformers").logging.set_verbosity_error()
    torch = import_module("torch")
    torch.manual_seed(7)
    for name, model in models().items():
        repository = folder / name
        model.save_pretrained(repository, max_shard_size="12KB" if name == "llama-pieces" else "5GB")
        if name != "vit":
            _tokenizer(chat=name == "qwen").save_pretrained(repository)
        (repository / "README.md").write_text(CARD.format(name=name, tag=model.config.model_type))
        (repository / ".gitattributes").write_text("*.safetensors filter=lfs diff=lfs merge=lfs -text\n")
    old = folder / "bert"
    torch.save(models()["bert"].state_dict(), old / "pytorch_model.bin")
    processor = import_module("transformers").ViTImageProcessor
    processor(size={"height": 8, "width": 8}).save_pretrained(folder / "vit")


def models() -> dict[str, Any]:
    """Random weights in a few popular shapes."""
    t = import_module("transformers")
    small = {"vocab_size": 32}
    causal = {**small, **WIDE, "num_key_value_heads": 1}
    return {
        "bert": t.BertForSequenceClassification(t.BertConfig(**small, **WIDE)),
        "distilbert": t.DistilBertForMaskedLM(
            t.DistilBertConfig(**small, dim=16, n_layers=1, n_heads=2, hidden_dim=16)
        ),
        "gpt2": t.GPT2LMHeadModel(t.GPT2Config(**small, n_embd=16, n_layer=1, n_head=2, n_positions=16)),
        "llama": t.LlamaForCausalLM(t.LlamaConfig(**causal)),
        "llama-pieces": t.LlamaForCausalLM(t.LlamaConfig(**{**causal, "vocab_size": 128})),
        "qwen": t.Qwen2ForCausalLM(t.Qwen2Config(**causal)),
        "mistral": t.MistralForCausalLM(t.MistralConfig(**causal)),
        "t5": t.T5ForConditionalGeneration(t.T5Config(**small, d_model=16, d_ff=16, d_kv=8, num_layers=1, num_heads=2)),
        "vit": t.ViTForImageClassification(t.ViTConfig(**WIDE, image_size=8, patch_size=4)),
        "roberta-tokens": t.RobertaForTokenClassification(t.RobertaConfig(**small, **WIDE, max_position_embeddings=20)),
    }


def _tokenizer(*, chat: bool) -> Any:
    tokenizers = import_module("tokenizers")
    words = {word: number for number, word in enumerate(["[UNK]", "[PAD]", "[CLS]", "[SEP]", "the", "cat", "sat"])}
    made = tokenizers.Tokenizer(tokenizers.models.WordLevel(words, unk_token="[UNK]"))
    made.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    fast = import_module("transformers").PreTrainedTokenizerFast(
        tokenizer_object=made, unk_token="[UNK]", pad_token="[PAD]", cls_token="[CLS]", sep_token="[SEP]"
    )
    if chat:
        fast.chat_template = CHAT
    return fast
