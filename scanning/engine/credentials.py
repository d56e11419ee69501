"""Keys, tokens and passwords that were left in texts. What is found is never repeated: its kind and its place only.

Every kind is looked for only around a short text that it needs, so that a large text costs little.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from scanning.engine.context import Context
from scanning.engine.sources import Source

OVERLAP = 8 << 10
# How far around its needle a form is looked for.
BEFORE, AFTER, REACH_OF_ALSO = 128, 400, 180
MOST, MOST_PLACES = 200, 300_000
FREQUENT = (b"password", b"Password", b"PASSWORD", b"secret", b"SECRET", b"PRIVATE", b"api_key", b"passwd")
LEAST_ENTROPY = 3.0
SHOWN = 4


class Kind(NamedTuple):
    """What it is called, short texts of which it has one, and its form; a group is the secret part.

    `also` is a text that must follow soon.
    """

    name: str
    needs: tuple[bytes, ...]
    form: re.Pattern[bytes]
    is_random: bool = False
    shows: bool = True
    also: bytes = b""


def _kind(name: str, needs: str, form: str, *, is_random: bool = False, shows: bool = True, also: str = "") -> Kind:
    needles = tuple(needle.encode() for needle in needs.split())
    return Kind(name, needles, re.compile(form.encode()), is_random, shows, also.encode())


# In front of and behind a token there is none of its own characters.
B, E = r"(?<![A-Za-z0-9_\-/+])", r"(?![A-Za-z0-9_\-/+=])"
KINDS = (
    _kind(
        "private key",
        "PRIVATE",
        r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----(?:\\[rn]|\s|[A-Za-z-]+: [^\n]*\n)*[A-Za-z0-9+/=]{40}",
        shows=False,
    ),
    _kind("PuTTY private key", "PuTTY-User-Key-File-", r"PuTTY-User-Key-File-\d: \S+", shows=False),
    _kind("age private key", "AGE-SECRET-KEY-1", r"AGE-SECRET-KEY-1[0-9A-Z]{50,}", shows=False),
    _kind("AWS access key", "AKIA", B + r"(AKIA[A-Z2-7]{16})" + E),
    _kind("AWS temporary access key", "ASIA", B + r"(ASIA[A-Z2-7]{16})" + E),
    _kind(
        "AWS secret key",
        "ecret",
        r"(?i:aws.{0,20}secret.{0,20}|secret_?access_?key\W{0,3})[\"']?\s*[:=]\s*[\"']?([A-Za-z0-9/+]{40})" + E,
        is_random=True,
    ),
    _kind("Google key", "AIza", B + r"(AIza[A-Za-z0-9_\-]{35})" + E),
    _kind("Google access token", "ya29.", B + r"(ya29\.[A-Za-z0-9_\-]{30,})"),
    _kind("Google client secret", "GOCSPX-", B + r"(GOCSPX-[A-Za-z0-9_\-]{28})" + E),
    _kind("Azure storage key", "AccountKey=", r"AccountKey=([A-Za-z0-9+/]{86}==)", is_random=True),
    _kind("Azure shared access signature", "sig=", r"[?&;]sig=([A-Za-z0-9%+/]{43,64}(?:%3[dD]|=))", is_random=True),
    _kind("Azure client secret", "8Q~", B + r"([A-Za-z0-9_~.]{3}8Q~[A-Za-z0-9_~.\-]{31,34})" + E, is_random=True),
    _kind("GitHub token", "ghp_ gho_ ghu_ ghs_ ghr_", B + r"(gh[pousr]_[A-Za-z0-9]{36,})" + E),
    _kind("GitHub token", "github_pat_", B + r"(github_pat_[A-Za-z0-9_]{50,})" + E),
    _kind(
        "GitLab token",
        "glpat- gldt- glrt- glcbt- glptt- glsoat- glft- glagent-",
        B + r"(gl(?:pat|dt|rt|cbt|ptt|soat|ft|agent)-[A-Za-z0-9_\-.]{20,})",
    ),
    _kind("Hugging Face token", "hf_", B + r"(hf_[A-Za-z0-9]{34,40})" + E, is_random=True),
    _kind("Hugging Face organisation token", "api_org_", B + r"(api_org_[A-Za-z0-9]{34})" + E, is_random=True),
    _kind("OpenAI key", "sk-", B + r"(sk-(?:proj|svcacct|admin|None)-[A-Za-z0-9_\-]{20,})", is_random=True),
    _kind("OpenAI key", "T3BlbkFJ", B + r"(sk-[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20})" + E),
    _kind("OpenAI key", "sk-", B + r"(sk-[A-Za-z0-9]{48})" + E, is_random=True),
    _kind("Anthropic key", "sk-ant-", B + r"(sk-ant-[a-z0-9]+-[A-Za-z0-9_\-]{20,})"),
    _kind("Slack token", "xox", B + r"(xox[abeoprs]-(?:[0-9]+-)?[A-Za-z0-9\-]{10,})", is_random=True),
    _kind("Slack app token", "xapp-", B + r"(xapp-\d-[A-Z0-9]+-\d+-[a-f0-9]{20,})"),
    _kind("Slack web hook", "hooks.slack.com", r"(hooks\.slack\.com/services/T[A-Z0-9]+/B[A-Z0-9]+/[A-Za-z0-9]{20,})"),
    _kind("npm token", "npm_", B + r"(npm_[A-Za-z0-9]{36})" + E, is_random=True),
    _kind("npm token", "_authToken", r"_authToken\s*=\s*[\"']?([A-Za-z0-9_\-]{20,})", is_random=True),
    _kind("package index token", "pypi-", B + r"(pypi-AgE[A-Za-z0-9_\-]{50,})"),
    _kind("Docker token", "dckr_", B + r"(dckr_[po]at_[A-Za-z0-9_\-]{20,})"),
    _kind("Stripe key", "k_live_", B + r"([sr]k_live_[A-Za-z0-9]{20,})"),
    _kind("SendGrid key", "SG.", B + r"(SG\.[A-Za-z0-9_\-]{22}\.[A-Za-z0-9_\-]{43})" + E),
    _kind("Databricks token", "dapi", B + r"(dapi[0-9a-f]{32})(?:-\d)?" + E, is_random=True),
    _kind("Replicate token", "r8_", B + r"(r8_[A-Za-z0-9]{37})" + E, is_random=True),
    _kind("NVIDIA key", "nvapi-", B + r"(nvapi-[A-Za-z0-9_\-]{60,})"),
    _kind("Groq key", "gsk_", B + r"(gsk_[A-Za-z0-9]{52})" + E, is_random=True),
    _kind("Telegram token", ":AA", B + r"(\d{8,10}:AA[A-Za-z0-9_\-]{33})" + E),
    _kind("Vault token", "hvs.", B + r"(hvs\.[A-Za-z0-9_\-]{24,})"),
    _kind(
        "signed web token",
        ".eyJ",
        B + r"(eyJ[A-Za-z0-9_\-]{10,}\.eyJ[A-Za-z0-9_\-]{10,}\.[A-Za-z0-9_\-]{16,})",
        is_random=True,
    ),
    _kind(
        "address with a password",
        "://",
        r"[a-z][a-z0-9+.\-]{1,20}://[^\s:/@\"'<>{}$]{1,64}:([^\s:/@\"'<>{}$]{3,100})@[A-Za-z0-9\[]",
        shows=False,
        also="@",
    ),
    _kind(
        "password of a machine", "machine", r"machine\s+\S+\s+login\s+\S+\s+password\s+([^\s<>{}$]{4,})", shows=False
    ),
    _kind("key of a cluster", "client-key-data", r"client-key-data:\s*([A-Za-z0-9+/=]{100})", shows=False),
)
# Assignments are found by their words, whatever their case.
WORDS = (
    b"passw", b"passphrase", b"pwd", b"db_pass", b"secret", b"api_key", b"apikey", b"api_token", b"apitoken",
    b"access_token", b"accesstoken", b"auth_token", b"authtoken", b"bearer", b"private_token", b"refresh_token",
    b"authorization",
)  # fmt: skip
NAMED = (
    rb"(?i:\b|_)(?i:password|passwd|passphrase|pwd|db_pass|client_?secret|secret_?key|api_?key|api_?secret"
    rb"|api_?token|access_?token|auth_?token|bearer_?token|secret_?token|private_?token|refresh_?token)"
)
QUOTED = re.compile(NAMED + rb"[\"']?\s{0,3}(?:[:=]|=>)\s{0,3}[\"']([^\"'\s\\]{8,128})[\"']")
BARE = re.compile(NAMED + rb"(?:=|[ ]?:[ ]|[ ]=[ ])([^\s\"'<>{}()\[\],;$\\`|]{8,128})(?=\s|$)")
BEARER = re.compile(rb"(?i:authorization)[\"']?\s{0,3}[:=]\s{0,3}[\"']?(?i:bearer|basic)\s+([A-Za-z0-9_\-.=+/]{16,})")
PLACEHOLDER = re.compile(
    rb"(?i)example|placeholder|changeme|change_me|your|xxxx|\*{3}|\.{3}|<|\{|\$|dummy|redacted|insert|sample|todo|none$"
    rb"|null$|environ|getenv|https?:|^(.)\1+$|^(pass|passwd|password|pwd|secret|token|test|user|admin|key)\d{0,3}$"
    rb"|^\D{0,4}0?123456789\d?$|abcdefgh"
)


def read_credentials(source: Source, context: Context) -> None:
    """Report what looks like a credential in a text of any length, with its place; many are as bad as more."""
    kept, start = b"", 0
    said: set[tuple[str, int]] = set()
    places = 0
    for piece in source.pieces():
        window = kept + piece
        for name, at, shown in _found(window):
            if (name, start + at) not in said:
                said.add((name, start + at))
                _report(name, shown, start + at, context)
            if len(said) >= MOST:
                return
        places += sum(window.count(needle) for needle in FREQUENT)
        if places > MOST_PLACES:
            context.found("engine.budget", "The text speaks of passwords more often than the gate looks into.")
            return
        kept = window[-OVERLAP:]
        start += len(window) - len(kept)


def judge_text(text: str, context: Context) -> None:
    """The same for a text that stands inside of another file; without its place."""
    for name, _, shown in _found(text.encode("utf-8", "replace")):
        _report(name, shown, None, context)


def _report(name: str, shown: str, at: int | None, context: Context) -> None:
    begins = f", which begins with {shown!r}" if shown else ""
    article = "an" if name[0] in "AaO" else "a"
    context.found("secret.found", f"The text holds what looks like {article} {name}{begins}.", at, subject=name)


def _found(window: bytes) -> Iterator[tuple[str, int, str]]:
    """Kind, offset and first characters of everything in a piece of text that looks like a credential."""
    for kind in KINDS:
        for needle in kind.needs:
            for match in _around(window, window, needle, (kind.form,), kind.also):
                secret = match[match.lastindex or 0]
                if not _is_placeholder(secret) and (not kind.is_random or _is_random(secret)):
                    yield kind.name, match.start(), secret[:SHOWN].decode("ascii", "replace") if kind.shows else ""
    lower = window.lower()
    for word in WORDS:
        for match in _around(window, lower, word, (QUOTED, BARE, BEARER)):
            secret = match[1]
            if not _is_placeholder(secret) and _is_random(secret) and (match.re is not BARE or _is_mixed(secret)):
                yield "authorisation header" if match.re is BEARER else "password", match.start(), ""


def _around(
    window: bytes, haystack: bytes, needle: bytes, forms: tuple[re.Pattern[bytes], ...], also: bytes = b""
) -> Iterator[re.Match[bytes]]:
    """What the forms find near the places of a needle."""
    at = haystack.find(needle)
    while at >= 0:
        after = at + len(needle)
        if not also or window.find(also, after, after + REACH_OF_ALSO) >= 0:
            for form in forms:
                match = form.search(window, max(0, at - BEFORE), after + AFTER)
                if match is not None:
                    yield match
                    after = max(after, match.end())
        at = haystack.find(needle, after)


def _is_placeholder(secret: bytes) -> bool:
    return PLACEHOLDER.search(secret) is not None


def _is_mixed(secret: bytes) -> bool:
    """Whether it has letters and digits; words of a sentence have not."""
    return any(48 <= byte < 58 for byte in secret) and any(chr(byte).isalpha() for byte in secret)


def _is_random(secret: bytes) -> bool:
    """Whether its bytes are as varied as those of something that was not written by hand; bits for each character."""
    length = len(secret)
    entropy = -sum(count / length * math.log2(count / length) for count in Counter(secret).values())
    return entropy >= min(LEAST_ENTROPY, math.log2(length) - 0.5)
