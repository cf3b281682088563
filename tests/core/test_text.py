"""Text from outside stays text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.text import ELLIPSIS, clean, cut, fault, normal, units


@pytest.mark.parametrize("text", ["", "Buy 100 NVDA", "Größe ≥ 5 %", "日本語", "👍", "عربي", "é", "e\u0301"])
def test_what_people_can_see_is_taken(text: str) -> None:
    assert fault(text, longest=100) is None


@pytest.mark.parametrize(
    ("character", "name"),
    [
        ("\x00", "U+0000"),
        ("\x1b", "U+001B"),
        ("\x7f", "U+007F"),
        ("\n", "U+000A"),
        ("\r", "U+000D"),
        ("\u00ad", "SOFT HYPHEN"),
        ("\u200b", "ZERO WIDTH SPACE"),
        ("\u200d", "ZERO WIDTH JOINER"),
        ("\u202e", "RIGHT-TO-LEFT OVERRIDE"),
        ("\u2066", "LEFT-TO-RIGHT ISOLATE"),
        ("\u2028", "LINE SEPARATOR"),
        ("\ud800", "U+D800"),
        ("\ue000", "U+E000"),
        ("\U000e0041", "TAG LATIN CAPITAL LETTER A"),
    ],
)
def test_what_cannot_be_seen_is_refused_by_name(character: str, name: str) -> None:
    said = fault(f"ab{character}cd", longest=100)

    assert said == f"holds a character that cannot be seen ({name}); take it out"


def test_line_breaks_and_joiners_are_taken_only_where_they_may_stand() -> None:
    assert fault("a\n\tb", longest=9, lines=True) is None
    assert fault("a\rb", longest=9, lines=True) is not None
    assert fault("a\u2028b", longest=9, lines=True) is not None
    assert fault("👨\u200d👩", longest=9, joiners=True) is None
    assert fault("👨\u200d👩", longest=9, lines=True) is not None
    assert fault("a\u202eb", longest=9, lines=True, joiners=True) is not None


def test_the_length_is_counted_in_characters() -> None:
    assert fault("日本語", longest=3) is None
    assert fault("日本語x", longest=3) == "is longer than 3 characters"


def test_the_same_text_has_the_same_characters() -> None:
    assert normal("e\u0301") == "é"
    assert normal("plain") == "plain"


def test_a_cut_is_marked() -> None:
    assert cut("exactly ten", 11) == "exactly ten"
    assert cut("a little too long", 9) == "a little" + ELLIPSIS
    assert cut("a little too long", 10) == "a little" + ELLIPSIS


@given(text=st.text(), longest=st.integers(1, 50))
def test_a_cut_text_fits_and_says_that_it_was_cut(text: str, longest: int) -> None:
    shown = cut(text, longest)

    assert len(shown) <= longest
    assert shown == text or (shown.endswith(ELLIPSIS) and text.startswith(shown[:-1]))


@given(text=st.text(), longest=st.integers(1, 50))
def test_it_fits_as_the_platform_counts(text: str, longest: int) -> None:
    shown = cut(text, longest, units)

    assert units(shown) <= longest
    assert shown == text or (shown.endswith(ELLIPSIS) and text.startswith(shown[:-1]))


KOREAN = "\u1112\u1161\u11ab"
FAMILY, ENGLAND = "👨\u200d👩\u200d👧", "🏴" + "".join(chr(0xE0000 + ord(c)) for c in "gbeng") + "\U000e007f"


@pytest.mark.parametrize(
    "character",
    [
        "e\u0301",
        "x\u0301\u0302\u0303",
        FAMILY,
        "👍🏽",
        "❤\ufe0f",
        "1\ufe0f\u20e3",
        "🇩🇪",
        ENGLAND,
        "कि",
        "\u1112\u1161\u11ab",
    ],
)
def test_what_reads_as_one_character_is_never_parted(character: str) -> None:
    text = "ab" + character + "cdefghijklmnop" * 2
    for longest in range(3, len(text)):
        kept = cut(text, longest).removesuffix(ELLIPSIS)
        assert kept == "ab" or kept.startswith("ab" + character), (longest, kept)


def test_of_several_flags_whole_ones_are_kept() -> None:
    flags = "🇩🇪🇫🇷🇮🇹"
    assert [cut(flags, longest) for longest in (2, 3, 4, 5)] == ["…", "🇩🇪…", "🇩🇪…", "🇩🇪🇫🇷…"]


def test_where_there_is_no_room_nothing_is_shown() -> None:
    assert (cut("long", 1), cut("long", 0), cut("", 0)) == ("…", "", "")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("a\nb", "a⏎b"),
        ("a\u202eb", "a\ufffdb"),
        ("\u200d", "\ufffd"),
        ("a\u200db", "a\ufffdb"),
        ("é\u200d", "é\ufffd"),
        (FAMILY, FAMILY),
        ("می\u200cخواهم", "می\u200cخواهم"),
    ],
)
def test_what_could_steer_or_hide_becomes_a_mark(text: str, shown: str) -> None:
    assert clean(text) == shown


def test_lines_of_our_own_stay_lines() -> None:
    assert clean("a\nb\u202e", lines=True) == "a\nb\ufffd"
