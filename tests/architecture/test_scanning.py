"""The server takes no model file apart: what reads them runs in a process of its own."""

import subprocess
import sys
import textwrap

import grimp

from tests.architecture.code import ROOT

# What the server knows of the engine: names, versions, words, and how bytes are asked for.
WORDS = {"allow_list", "context", "findings", "line", "rules", "sources"}


def test_the_server_knows_of_the_engine_only_its_words() -> None:
    graph = grimp.build_graph("scanning", "config", "protocols", "dashboard", "supply", "approvals", cache_dir=None)
    outside = [module for module in graph.modules if not module.startswith("scanning.engine")]
    named = {
        found.removeprefix("scanning.engine").strip(".")
        for module in outside
        for found in graph.find_modules_directly_imported_by(module)
        if found.startswith("scanning.engine")
    }
    assert named - {""} <= WORDS
    # Nor do these words lead to a reader.
    for word in WORDS:
        reached = graph.find_upstream_modules(f"scanning.engine.{word}")
        assert {name.rpartition(".")[2] for name in reached if name.startswith("scanning.engine.")} <= WORDS


def test_a_worker_that_has_everything_loaded_has_no_reader() -> None:
    code = """
        import sys
        from config.celery import app
        import django
        django.setup()
        app.loader.import_default_modules()
        import scanning.operations.scans, config.urls
        print(*(name for name in sys.modules if name.startswith("scanning.engine.")))
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    loaded = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert {name.removeprefix("scanning.engine.") for name in loaded} <= WORDS
