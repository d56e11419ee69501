"""Descriptions as HTML: what writers mean is kept, what could act is not."""

import re

import pytest

from dashboard.markdown import render


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        ("# a\n## b\n### c", ["h3", "h4", "h5"]),
        ("## a\n#### b\n## c", ["h3", "h4", "h3"]),
        ("# a\n### b\n## c", ["h3", "h4", "h4"]),
        ("###### a", ["h3"]),
    ],
)
def test_headings_never_skip_a_level(text: str, levels: list[str]) -> None:
    html = render(text)
    assert [html[place + 1 : place + 3] for place in range(len(html)) if html.startswith("<h", place)] == levels


def test_tables_lists_and_code_are_kept() -> None:
    html = render("| a | b |\n|---|---|\n| 1 | 2 |\n\n- one\n- two\n\n```\nx < 1\n```")
    assert "<td>1</td>" in html
    assert "<li>two</li>" in html
    assert "<code>x &lt; 1" in html


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](vbscript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "![x](javascript:alert(1))",
        '[x](https://example.org "a" onclick="b")',
        "<a href='https://example.org' onclick='alert(1)'>x</a>",
        "<style>body { display: none }</style>",
        "<svg onload=alert(1)>",
    ],
)
def test_nothing_acts(text: str) -> None:
    html = render(text)
    for tag in ["<script", "<img", "<style", "<svg", 'href="javascript', 'href="vbscript', 'href="data']:
        assert tag not in html
    assert not re.search(r"<[^>]*\son\w+=", html)


def test_pictures_are_linked_and_not_loaded() -> None:
    html = render("![a cat](https://example.org/cat.png)")
    assert html == '<p><a href="https://example.org/cat.png" rel="noopener noreferrer">a cat</a></p>\n'


def test_links_lead_away_quietly() -> None:
    assert 'rel="noopener noreferrer"' in render("[x](https://example.org)")
