"""Texts that are meant to break a page. Each is to be shown as text, and the page stays as it is."""

from __future__ import annotations

from collections.abc import Iterator

from tests.bot.running import Doc

SCRIPTS = (
    "<script>window.owned = 1</script>",
    "<img src=x onerror=window.owned=1>",
    '"><svg onload=window.owned=1>',
    "' onmouseover='window.owned=1",
    "{{ 7 * 7 }}{% for x in y %}",
    "</textarea></title></style><h1>big</h1>",
    "javascript:window.owned=1",
    "data:text/html,<script>window.owned=1</script>",
    "<a href=https://evil.example/>press here</a>",
    "<form action=https://evil.example><button>Approve</button></form>",
    "&lt;b&gt;&#0;&nbsp;",
)
FAMILY = "\U0001f469\U0001f469\U0001f467\U0001f466\U0001f3f4" * 8
ARABIC = "شراء مئة سهم من الشركة بسعر السوق قبل الإغلاق"
HEBREW = "קנה מאה מניות (מהר!) במחיר השוק"
MARKED = "Z\u0300\u0301\u0302a\u0300\u0301\u0302lgo" * 4
CHINESE = "以市场价格购买一百股" * 8
WORD = "W" * 5_000


def proposals() -> Iterator[Doc]:
    """Proposals with something hostile in every text that a program may choose."""
    for text in (*SCRIPTS[:4], " ".join(SCRIPTS), FAMILY, f"{ARABIC} NVDA 100 {HEBREW}", MARKED, CHINESE, WORD):
        yield {
            "action": text[:80],
            "subject": text[:80],
            "title": text[:200],
            "summary": text[:3_000],
            "parameters": {"quantity": 100, "side": "buy", "words": text[:3_000], "choice": text[:60]},
            "editable": {
                "properties": {
                    "words": {"type": "string", "title": text[:60], "description": text[:200]},
                    "choice": {"type": "string", "title": "Choice", "enum": [text[:60], "else"]},
                }
            },
            "account": text[:80],
            "algorithm": text[:80],
            "context": {"vix": 20, "news": text[:3_000]},
        }
