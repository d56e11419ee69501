"""Texts that a shell, an interpreter or a build tool would run. Python's own are for `texts`.

A document may show code in fenced blocks; it is the lines outside of them that count.
"""

import re

LOOKED_AT = 256 << 10
LONGEST_LINE = 500
FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")

# What a whole file begins with, behind blank lines and comments.
FIRST_LINES: dict[str, re.Pattern[str]] = {
    "Python source code": re.compile(
        r"^(import [\w.]+( as \w+)?|from [\w.]+ import [\w*, ()]+|def \w+\(.*\)( -> .+)?:|class \w+(\(.*\))?:)\s*$",
        re.MULTILINE,
    ),
    "a script": re.compile(r"#!"),
    "a Windows batch file": re.compile(r"@?echo off\b|@echo\b|@?setlocal\b|@?rem \S|::", re.IGNORECASE),
    "a shell script": re.compile(
        r"(set -[a-z]+|export \w+=|source \S+|\. \S+/\S+|sudo \S|curl -|curl https?:|wget -|wget https?:|chmod [+0-7]"
        r"|rm -[rf]|nohup |eval [\"$`]|exec \S+ |bash -c|sh -c|nc -|mkfifo )"
    ),
    "a PowerShell script": re.compile(
        r"(param ?\(|#requires -|\$\w+ ?= ?|Set-ExecutionPolicy|Import-Module|Invoke-\w+|IEX\b|Start-Process|Write-Host"
        r"|New-Object |\[System\.|powershell(\.exe)? )",
        re.IGNORECASE,
    ),
    "a Visual Basic script": re.compile(
        r"(Option Explicit|Dim \w+|Set \w+ ?= ?(WScript\.)?CreateObject|Sub \w+\(|Attribute VB_)", re.IGNORECASE
    ),
    "a build description": re.compile(r"(FROM \S+:\S+$|FROM \S+ AS |ARG \w+=|# ?syntax=docker|RUN \S+ )"),
    "Windows registry entries": re.compile(r"Windows Registry Editor|REGEDIT4"),
    "a Windows link": re.compile(r"\[(InternetShortcut|AutoRun|\.ShellClassInfo)\]", re.IGNORECASE),
    "a table of jobs for cron": re.compile(r"([\d*,/-]+\s+){5}\S|@(reboot|hourly|daily|weekly) \S"),
    "a Linux launcher": re.compile(r"\[(Desktop Entry|Unit|Service)\]"),
}
# What stands in a line of its own, whatever is above it.
LINES: dict[str, re.Pattern[str]] = {
    "Python source code": re.compile(
        r"^(import [\w.]+( as \w+)?|from [\w.]+ import [\w*, ()]+|def \w+\(.*\)( -> .+)?:|class \w+(\(.*\))?:)\s*$",
        re.MULTILINE,
    ),
    "JavaScript": re.compile(
        r"^[ \t]*((const|let|var) [\w{} ,]+ ?= ?(require\(|new |async |function|\(|await )|function \w*\([\w, ]*\) ?\{"
        r"|module\.exports|exports\.\w+ ?=|import [\w{}*, ]+ from ['\"]|export (default|const|function|class) "
        r"|(document|window|globalThis|process)\.\w+|\$\(function|new ActiveXObject|WScript\.\w+|eval\(|require\(['\"]"
        r"|\(function\(|\(\) ?=>|fetch\(['\"])",
        re.MULTILINE,
    ),
    "a program": re.compile(
        r"^(#include ?[<\"]|package main$|using System;|public (static )?class \w+|<\?php|use strict;|fn main\(\)"
        r"|library\(\w+\)$|require_relative |#pragma |local function \w+\(|os\.execute\(|\w+ ?<- ?function\()",
        re.MULTILINE,
    ),
    "a Visual Basic script": re.compile(r"CreateObject ?\( ?[\"'](WScript\.|Shell\.|Scripting\.)", re.IGNORECASE),
    "a PowerShell script": re.compile(
        r"^[ \t]*(Invoke-Expression|IEX ?\(|\$\w+ ?= ?New-Object |powershell(\.exe)? +-|\[Reflection\.Assembly\])"
        r"|-EncodedCommand|DownloadString\(",
        re.IGNORECASE | re.MULTILINE,
    ),
    "a shell script": re.compile(
        r"^(if \[\[? .+\]\]?; then|for \w+ in .+; do|while .+; do|function \w+ ?\{|\w+\(\) ?\{)\s*$"
        r"|^[ \t]*(bash|sh) -i\b|/dev/tcp/\d",
        re.MULTILINE,
    ),
}
# Endings that systems and interpreters go by; they say what would run a text, whatever it looks like.
ENDINGS = {
    ".app": "a program", ".awk": "an AWK program", ".bash": "a shell script", ".bat": "a Windows batch file",
    ".c": "source code", ".cc": "source code", ".cjs": "JavaScript", ".cmake": "a build description",
    ".cmd": "a Windows batch file", ".command": "a shell script", ".cpp": "source code", ".csh": "a shell script",
    ".cu": "source code", ".cuh": "source code", ".desktop": "a Linux launcher", ".fish": "a shell script",
    ".go": "source code", ".h": "source code", ".hpp": "source code", ".hta": "a Windows program",
    ".inf": "a Windows installer's description", ".java": "source code", ".jl": "source code", ".js": "JavaScript",
    ".jse": "JavaScript", ".jsx": "JavaScript", ".kts": "source code", ".ksh": "a shell script", ".lua": "Lua code",
    ".mjs": "JavaScript", ".mk": "a build description", ".php": "PHP code", ".pl": "Perl code", ".pm": "Perl code",
    ".ps1": "a PowerShell script", ".psm1": "a PowerShell script", ".pth": "a list of paths that Python imports from",
    ".py": "Python source code", ".pyi": "Python source code", ".pyx": "source code", ".r": "R code",
    ".rb": "Ruby code", ".reg": "Windows registry entries", ".rs": "source code", ".scpt": "AppleScript",
    ".scr": "a Windows program", ".service": "a Linux launcher", ".sh": "a shell script", ".swift": "source code",
    ".tcl": "Tcl code", ".ts": "JavaScript", ".tsx": "JavaScript", ".url": "a Windows link",
    ".vbe": "a Visual Basic script", ".vbs": "a Visual Basic script", ".wsf": "a Windows script",
    ".zsh": "a shell script",
}  # fmt: skip
NAMES = {
    "Makefile",
    "Dockerfile",
    "Containerfile",
    "Jenkinsfile",
    "autorun.inf",
    "Rakefile",
    "Gemfile",
    "CMakeLists.txt",
}
END_OF_STATEMENT = re.compile(r"[;{]\s*(//.*|#.*|/\*.*)?$|^[ \t]*\}[\s;,)]*(else.*)?$")
CODE_WORDS = re.compile(r"\bfunction\b|=>|\bvar \w|\breturn\b|\bvoid\b")
COMMENTS = ("#", "//", "'", "--")


def outside_of_fences(text: str) -> str:
    """The beginnings of the lines of a Markdown document, without its blocks of code."""
    kept: list[str] = []
    fence = ""
    for line in text.splitlines():
        found = FENCE.match(line)
        if fence:
            if found and found[1].startswith(fence) and not line.strip(" `~"):
                fence = ""
            continue
        if found:
            fence = found[1]
            continue
        kept.append(line[:LONGEST_LINE])
    return "\n".join(kept)


def script_kind(text: str, *, is_list: bool = False) -> str | None:
    """What would run this text, if anything would; in a list of words only its beginning tells. Reads so much of it."""
    text = text[:LOOKED_AT].lstrip("\N{BYTE ORDER MARK}")
    if text.startswith("#!"):
        return "a script"
    if is_document(text):
        return None
    lines = [line[:LONGEST_LINE] for line in text.splitlines()]
    first = next((line.strip() for line in lines if line.strip() and not line.strip().startswith(COMMENTS)), "")
    for beginning in (first, lines[0].strip() if lines else ""):
        for kind, pattern in FIRST_LINES.items():
            if pattern.match(beginning):
                return kind
    if is_list:
        return None
    cut = "\n".join(lines)
    return next((kind for kind, pattern in LINES.items() if pattern.search(cut)), None) or _by_its_look(text, lines)


def _by_its_look(text: str, lines: list[str]) -> str | None:
    """Whether lines end as statements do, or one long line is crammed with them."""
    written = [line for line in lines if line.strip()]
    ends = sum(1 for line in written if END_OF_STATEMENT.search(line))
    if ends >= 3 and ends * 5 >= len(written):
        return "source code"
    marks = sum(text.count(mark) for mark in "(){};=")
    return "source code" if marks > 20 and marks * 16 > len(text) and CODE_WORDS.search(text) else None


def kind_by_name(name: str) -> str | None:
    """What would run a text of this name, if anything goes by names."""
    if name in NAMES:
        return "a build description"
    dot = name.rfind(".")
    return ENDINGS.get(name[dot:].lower()) if dot >= 0 else None


def is_document(text: str) -> bool:
    """Whether a text is Markdown that shows code: it has a heading or front matter, and fences that all end."""
    fences = [found[1] for line in text.splitlines() if (found := FENCE.match(line))]
    begins = text.lstrip()
    return (begins.startswith(("# ", "## ", "---\n", "<")) or bool(fences)) and not LINES_OF_DOCUMENT_CODE.search(
        outside_of_fences(text)
    )


LINES_OF_DOCUMENT_CODE = re.compile(
    r"^(import [\w.]+( as \w+)?|from [\w.]+ import [\w*, ]+|def \w+\([^)\n]*\)[^:\n]*:|(const|let|var) \w+ ?= ?.*;"
    r"|function \w+\(.*\) ?\{|export \w+=\S+|if \[\[? .+\]\]?; then|@?echo off)\s*$",
    re.MULTILINE,
)
