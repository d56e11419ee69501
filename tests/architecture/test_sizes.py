"""Files fit a page, functions a screen, and nothing has a name that says nothing."""

import sys

from tests.architecture.code import ROOT, files, functions

LONGEST_FILE = 400
LONGEST_FUNCTION = 60
NAMES_THAT_SAY_NOTHING = {"utils", "helpers", "common", "misc", "services", "managers"}
CLIENT_LIBRARIES = {"mlflow", "huggingface_hub", "transformers", "sklearn", "django", "celery", "redis"}


def test_a_file_fits_a_page() -> None:
    lengths = {str(path): len((ROOT / path).read_text().splitlines()) for path in files()}
    assert {path: length for path, length in lengths.items() if length > LONGEST_FILE} == {}


def test_a_function_fits_a_screen() -> None:
    too_long = {
        f"{path}: {name}": length for path in files() for name, length in functions(path) if length > LONGEST_FUNCTION
    }
    assert too_long == {}


def test_a_name_says_something() -> None:
    # The servers that the tests start are services in the plain sense of the word.
    named = {str(path): {*path.parts[:-1], path.stem} for path in files() if path.parts[:2] != ("tests", "services")}
    assert [path for path, parts in named.items() if parts & NAMES_THAT_SAY_NOTHING] == []


def test_a_package_shadows_no_library() -> None:
    packages = {path.parts[0] for path in files() if len(path.parts) > 1}
    packages |= {path.parts[1] for path in files() if path.parts[0] == "protocols" and len(path.parts) > 2}
    assert packages & (CLIENT_LIBRARIES | sys.stdlib_module_names) == set()


def test_a_module_says_what_lives_in_it() -> None:
    silent = []
    for path in files():
        text = (ROOT / path).read_text().lstrip()
        if text and not text.startswith('"""') and not text.startswith("#!"):
            silent.append(str(path))
    assert silent == []


def test_every_folder_of_tests_is_a_package() -> None:
    folders = {path.parent for path in files() if path.parts[0] == "tests"}
    assert [str(folder) for folder in folders if not (ROOT / folder / "__init__.py").exists()] == []
