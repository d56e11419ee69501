"""The pictograms of the pages: strokes on a grid of 16, drawn here, inlined where they are used."""

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

_STROKES = {
    "cross": "M4 4l8 8M12 4l-8 8",
    "ring": "M8 2.2a5.8 5.8 0 1 1 0 11.6A5.8 5.8 0 0 1 8 2.2z",
    "passed": "M8 1.8a6.2 6.2 0 1 1 0 12.4A6.2 6.2 0 0 1 8 1.8zM5.2 8.2l2 2 3.6-4",
    "refused": "M8 1.8a6.2 6.2 0 1 1 0 12.4A6.2 6.2 0 0 1 8 1.8zM5.8 5.8l4.4 4.4M10.2 5.8l-4.4 4.4",
    "warning": "M8 2.2l6.3 11.2H1.7zM8 6.5v3.2M8 11.5v.1",
    "info": "M8 1.8a6.2 6.2 0 1 1 0 12.4A6.2 6.2 0 0 1 8 1.8zM8 7.3v3.7M8 5v.1",
    "clock": "M8 1.8a6.2 6.2 0 1 1 0 12.4A6.2 6.2 0 0 1 8 1.8zM8 4.5V8l2.4 1.6",
    "turning": "M14 8a6 6 0 1 1-2-4.47M14 2v3.2h-3.2",
    "search": "M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9zM10.4 10.4L14 14",
    "copy": "M5.5 5.5h8v8h-8zM2.5 10.5v-8h8",
    "download": "M8 2v8.5M4.5 7.2L8 10.7l3.5-3.5M2.5 13.8h11",
    "key": "M5.5 6.5a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7zM8 7.5l5.5-5.5M11 4.5l2 2",
    "lock": "M3.5 7.5h9v6.2h-9zM5.3 7.5V5a2.7 2.7 0 0 1 5.4 0v2.5",
    "team": "M6 3a2.4 2.4 0 1 1 0 4.8A2.4 2.4 0 0 1 6 3zM1.8 13.3c0-2.7 1.8-4.1 4.2-4.1s4.2 1.4 4.2 4.1"
    "M10.4 3.2a2.4 2.4 0 0 1 0 4.4M12 9.5c1.5.5 2.3 1.8 2.3 3.8",
    "letter": "M2 3.5h12v9H2zM2.4 4l5.6 4.8L13.6 4",
    "leave": "M6.5 2.5h-4v11h4M6 8h8M11 5l3 3-3 3",
    "down": "M4 6.5l4 4 4-4",
    "right": "M6 3.5L10.5 8 6 12.5",
    "up-arrow": "M8 13V3.5M4.2 7.2L8 3.4l3.8 3.8",
    "down-arrow": "M8 3v9.5M4.2 8.8L8 12.6l3.8-3.8",
    "same": "M3.5 6h9M3.5 10h9",
    "branch": "M4.5 2v12M4.5 10c5 0 7-1.5 7-5M11.5 5V2.5",
    "person": "M8 2.2a2.8 2.8 0 1 1 0 5.6 2.8 2.8 0 0 1 0-5.6zM2.5 14c.4-3 2.6-4.6 5.5-4.6s5.1 1.6 5.5 4.6",
    "telephone": "M4.5 1.8h7v12.4h-7zM7.2 12h1.6",
    "screen": "M1.8 3h12.4v8H1.8zM5.5 13.8h5M8 11v2.8",
    "shield": "M8 1.8l5.2 2v4c0 3.2-2.1 5.3-5.2 6.4-3.1-1.1-5.2-3.2-5.2-6.4v-4z",
    "gear": "M8 5.8a2.2 2.2 0 1 1 0 4.4 2.2 2.2 0 0 1 0-4.4zM8 1.5v2M8 12.5v2M1.5 8h2M12.5 8h2M3.4 3.4l1.4 1.4"
    "M11.2 11.2l1.4 1.4M3.4 12.6l1.4-1.4M11.2 4.8l1.4-1.4",
}


def icon(name: str, tone: str = "") -> SafeString:
    """The pictogram as decoration: it is hidden from screen readers, the words beside it speak."""
    return format_html(
        '<svg class="icon {}" viewBox="0 0 16 16" fill="none" stroke="currentColor" stroke-width="1.6" '
        'stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d="{}"/></svg>',
        tone,
        mark_safe(_STROKES[name]),  # noqa: S308 # written above
    )
