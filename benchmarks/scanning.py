"""What scanning a large file of each common format costs: seconds, processor time, memory, and the verdict.

`.venv/dev/bin/python benchmarks/scanning.py [--size 1000000000] [--folder /tmp] [format ...]`. Each file is written,
scanned in the sandbox as the worker does it, and removed. HDF5 is written with h5py.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.large_files import FORMATS, Writer  # found only now
from scanning.sandbox import ScanFile, isolation, scan_files

HEAD = f"{'format':18} {'wall s':>8} {'engine s':>9} {'serving s':>9} {'peak MB':>8}  verdict"


def main() -> None:
    """Print one line for each format."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("formats", nargs="*", metavar="format", help=", ".join(FORMATS))
    parser.add_argument("--size", type=int, default=1_000_000_000, help="bytes of each file")
    parser.add_argument("--folder", type=Path, default=None, help="where the files are written for a moment")
    parser.add_argument("--scan", type=Path, default=None, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.scan:
        say(json.dumps(measured(chosen.scan)))
        return
    say(HEAD)
    for name in chosen.formats or FORMATS:
        with tempfile.TemporaryDirectory(dir=chosen.folder) as folder:
            say(line(name, FORMATS[name], Path(folder) / "file", chosen.size))


def line(name: str, write: Writer, path: Path, size: int) -> str:
    """Write one file, have it scanned by a process of its own, and say what that took."""
    write(path, size)
    # A fresh process: its children's largest memory is that of this one scan.
    command = [sys.executable, __file__, "--scan", str(path)]
    told = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    figures = f"{told['wall']:8.1f} {told['engine']:9.1f} {told['serving']:9.1f} {told['peak']:8.0f}"
    return f"{name:18} {figures}  {told['verdict']} {' '.join(told['rules'])}".rstrip()


def measured(path: Path) -> dict[str, object]:
    """One scan of a file or a folder. Seconds and megabytes; the engine is a process below this one."""
    paths = sorted(path.iterdir()) if path.is_dir() else [path]
    files = [ScanFile(one.name, one, one.stat().st_size) for one in paths]
    isolation()
    before = seconds(resource.RUSAGE_CHILDREN), seconds(resource.RUSAGE_SELF), time.perf_counter()
    report = scan_files(files)
    after = seconds(resource.RUSAGE_CHILDREN), seconds(resource.RUSAGE_SELF), time.perf_counter()
    engine, serving, wall = (later - earlier for later, earlier in zip(after, before, strict=True))
    return {
        "wall": wall,
        "engine": engine,
        "serving": serving,
        "peak": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000,
        "verdict": report.verdict,
        "rules": sorted({finding.rule for finding in report.findings}),
    }


def seconds(who: int) -> float:
    """Processor time used so far."""
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def say(words: str) -> None:
    """To the person at the terminal, at once."""
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
