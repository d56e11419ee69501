"""Which engine, rules and allow list this process scans with."""

from functools import cache

from scanning.engine import ENGINE, allow_list, rules


@cache
def present_engine() -> str:
    """Names the engine with its rules and its allow list. The same files are scanned once under one such name."""
    return f"{ENGINE}.{rules.VERSION}, list {allow_list.version()}"
