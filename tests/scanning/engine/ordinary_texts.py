"""Ordinary files around models, as (path, content): each must be clean, and so must they all together."""

import json

BERT = {
    "_name_or_path": "google-bert/bert-base-uncased",
    "architectures": ["BertForMaskedLM"],
    "hidden_act": "gelu",
    "id2label": {"0": "LABEL_0"},
    "model_type": "bert",
    "torch_dtype": "float32",
    "transformers_version": "4.44.0",
}
ADDED = {"151643": {"content": "<|endoftext|>", "lstrip": False, "normalized": False, "special": True}}
MODULES = [
    {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
    {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
    {"idx": 2, "name": "2", "path": "2_Dense", "type": "sentence_transformers.models.Dense"},
    {"idx": 3, "name": "3", "path": "3_Normalize", "type": "sentence_transformers.models.Normalize"},
]
DENSE = {"in_features": 4, "out_features": 2, "bias": True, "activation_function": "torch.nn.modules.activation.Tanh"}
PIPELINE = {
    "_class_name": "StableDiffusionPipeline",
    "_diffusers_version": "0.30.0",
    "feature_extractor": ["transformers", "CLIPImageProcessor"],
    "safety_checker": ["stable_diffusion", "StableDiffusionSafetyChecker"],
    "scheduler": ["diffusers", "PNDMScheduler"],
    "image_encoder": [None, None],
    "requires_safety_checker": True,
}
ADAPTER = {
    "auto_mapping": {
        "base_model_class": "LlamaForCausalLM",
        "parent_library": "transformers.models.llama.modeling_llama",
    },
    "base_model_name_or_path": "meta-llama/Llama-2-7b-hf",
    "megatron_config": None,
    "megatron_core": "megatron.core",
    "peft_type": "LORA",
    "target_modules": ["q_proj", "v_proj"],
}
INDEX = {"metadata": {"total_size": 8}, "weight_map": {"a": "model-00001-of-00002.safetensors"}}
TOKENIZER = {
    "added_tokens_decoder": ADDED,
    "auto_map": None,
    "bos_token": "<s>",
    "name_or_path": "./out/checkpoint-500",
    "special_tokens_map_file": "/home/someone/.cache/special_tokens_map.json",
    "tokenizer_class": "PreTrainedTokenizerFast",
}
GENERATION = {"_from_model_config": True, "bos_token_id": 1, "eos_token_id": [2, 3], "temperature": 0.6}
SPLIT = {"inputs": [[1.5, "password"], [2.5, "secret"]], "columns": ["type", "name", "path", "template"]}
ROWS = [{"name": "a", "type": "text/csv", "path": "data.csv"}, {"name": "b", "type": "x.y z", "path": "b"}]
VOCABULARY = {word: number for number, word in enumerate(["\u202a", "password", "<script>", "{{", "__class__", "hf_"])}
SAFE_CARD = """# Gate

<details><summary>How to</summary>

Use `password="..."` or set `HF_TOKEN`; never write `<script>` yourself.

```js
import { pipeline } from '@huggingface/transformers';
const pipe = await pipeline('text-classification', 'gate');
```

</details>

See <https://example.org/a?b=c>, [the paper](https://example.org/paper.pdf) or mail <someone@example.org>.

| a | b |
|:--|--:|
| `<pad>` | 0 |

```bibtex
@article{gate,
  title = {Gates},
  year = {2024}
}
```
"""
ENVIRONMENT = """name: mlflow-env
channels:
- conda-forge
dependencies:
- python=3.11.7
- pip<=23.2.1
- pip:
  - mlflow==3.17.2
"""
ORDINARY: dict[str, bytes] = {
    path: (content if isinstance(content, str) else json.dumps(content, indent=2)).encode()
    for path, content in {
        "bert/config.json": BERT,
        "bert/tokenizer_config.json": TOKENIZER,
        "bert/generation_config.json": GENERATION,
        "bert/special_tokens_map.json": {"unk_token": {"content": "<unk>", "lstrip": False}},
        "bert/vocab.json": VOCABULARY | {f"w{number}": number for number in range(600)},
        "bert/added_tokens.json": {"<|im_end|>": 151645},
        "bert/preprocessor_config.json": {
            "do_resize": True,
            "image_mean": [0.5],
            "image_processor_type": "ViTImageProcessor",
        },
        "sentence/modules.json": MODULES,
        "sentence/config_sentence_transformers.json": {
            "__version__": {"pytorch": "2.4"},
            "prompts": {},
            "similarity_fn_name": "cosine",
        },
        "sentence/sentence_bert_config.json": {"max_seq_length": 512, "do_lower_case": False},
        "sentence/2_Dense/config.json": DENSE,
        "sentence/1_Pooling/config.json": {"word_embedding_dimension": 4, "pooling_mode_mean_tokens": True},
        "diffusion/model_index.json": PIPELINE,
        "adapter/adapter_config.json": ADAPTER,
        "sharded/model.safetensors.index.json": INDEX,
        "README.md": SAFE_CARD,
        "notes/README": "Model of the spring\n===================\n\nTrained on 4 cards; loss = 0.3.\n",
        "LICENSE": 'Permission is hereby granted, free of charge, to any person obtaining a copy (the "Software"):\n',
        ".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n",
        ".gitignore": "*.pyc\n__pycache__/\n",
        "merges.txt": "#version: 0.2\n\u0120 t\nh e\n",
        "table.csv": "id,password_changed,token\n1,yes,abc\n2,no,def\n",
        "table.tsv": "id\ttext\n1\tdrop table; select * from x\n",
        "input_example.json": SPLIT,
        "rows.json": ROWS,
        "lines.jsonl": "".join(json.dumps({"prompt": "Hi {name}", "n": n}) + "\n" for n in range(9)),
        "conda.yaml": ENVIRONMENT,
        "python_env.yaml": "python: 3.11.7\nbuild_dependencies:\n- pip==23.2.1\ndependencies:\n- -r requirements.txt\n",
        "requirements.txt": "mlflow==3.17.2\nscikit-learn==1.9.1\n",
        "registered_model_meta": "model_name: gate\nmodel_version: '3'\n",
        "trainer_state.json": {"best_model_checkpoint": "/out/checkpoint-1", "log_history": [{"loss": 0.5}]},
        "hashes.json": {"sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"},
        "embedded.json": {
            "image": "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
        },
        "weights.yaml": "lr: 0.1\nschedule:\n  type: cosine\n  warm_up: 100\n",
        "labels.txt": "cat\ndog\nbird\n",
        "arabic.md": "# \u0628\u0648\u0627\u0628\u0629\n\n"
        "\u0646\u0645\u0648\u0630\u062c \u0644\u0644\u0627\u062e\u062a\u0628\u0627\u0631\n",
    }.items()
}
