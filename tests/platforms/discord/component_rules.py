"""Buttons, selects, layouts and modals: https://discord.com/developers/docs/components/reference"""

from __future__ import annotations

from tests.platforms.discord.errors import Refused, invalid, required, too_long
from tests.platforms.discord.world import Json

ROW, BUTTON, SELECT, INPUT, SECTION, DISPLAY, LABEL = 1, 2, 3, 4, 9, 10, 18
RADIO, CHECKBOXES, CHECKBOX, CONTAINER = 21, 22, 23, 17
SELECTS = {3, 5, 6, 7, 8}
_TOP_OF_V2 = {1, 9, 10, 12, 13, 14, 17}
_IN_A_CONTAINER = _TOP_OF_V2 - {CONTAINER}
_IN_A_LABEL = {*SELECTS, INPUT, 19, RADIO, CHECKBOXES, CHECKBOX}
_DEFAULTS: dict[int, Json] = {
    SELECT: {"min_values": 1, "max_values": 1},
    CONTAINER: {"accent_color": None, "spoiler": False},
}
MOST_IN_V2, MOST_TEXT_IN_V2, MOST_ROWS = 40, 4000, 5


class _Tally:
    """What must be counted over a whole message or modal."""

    def __init__(self) -> None:
        self.components = 0
        self.text = 0
        self.custom_ids: set[str] = set()
        self.numbers: set[int] = set()

    def take(self, component: Json, where: str, allowed: set[int]) -> int:
        kind = component.get("type")
        if kind not in allowed:
            raise invalid(f"{where}.type", "UNION_TYPE_CHOICES", f"Value of field must be one of {sorted(allowed)}.")
        assert isinstance(kind, int)
        self.components += 1
        number = component.get("id") or 0
        if number and number in self.numbers:
            raise invalid(f"{where}.id", "COMPONENT_ID_DUPLICATED", "Component id cannot be duplicated")
        self.numbers.add(number)
        if kind in _IN_A_LABEL or (kind == BUTTON and component.get("style") in (1, 2, 3, 4)):
            self._custom_id(component, where)
        return kind

    def _custom_id(self, component: Json, where: str) -> None:
        custom_id = component.get("custom_id")
        if not custom_id:
            raise required(f"{where}.custom_id")
        if len(custom_id) > 100:
            raise too_long(f"{where}.custom_id", 100, 1)
        if custom_id in self.custom_ids:
            why = "Component custom id cannot be duplicated"
            raise invalid(f"{where}.custom_id", "COMPONENT_CUSTOM_ID_DUPLICATED", why)
        self.custom_ids.add(custom_id)


def check_components(components: list[Json], *, v2: bool) -> None:
    """The components of a message. Raises `Refused`."""
    tally = _Tally()
    if not v2 and len(components) > MOST_ROWS:
        raise invalid("components", "BASE_TYPE_BAD_LENGTH", f"Must be between 1 and {MOST_ROWS} in length.")
    for number, component in enumerate(components):
        _check_layout(component, f"components.{number}", tally, _TOP_OF_V2 if v2 else {ROW})
    if v2 and tally.components > MOST_IN_V2:
        why = f"Must have {MOST_IN_V2} or fewer components in all."
        raise invalid("components", "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED", why)
    if tally.text > MOST_TEXT_IN_V2:
        why = f"Text of all displays must be {MOST_TEXT_IN_V2} or fewer."
        raise invalid("components", "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED", why)


def _check_layout(component: Json, where: str, tally: _Tally, allowed: set[int]) -> None:
    kind = tally.take(component, where, allowed)
    inner = component.get("components") or []
    if kind == ROW:
        _check_row(inner, where, tally)
    elif kind == CONTAINER:
        if not inner:
            raise required(f"{where}.components")
        for number, one in enumerate(inner):
            _check_layout(one, f"{where}.components.{number}", tally, _IN_A_CONTAINER)
    elif kind == SECTION:
        if not 1 <= len(inner) <= 3:
            raise invalid(f"{where}.components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 3 in length.")
        for number, one in enumerate(inner):
            _check_layout(one, f"{where}.components.{number}", tally, {DISPLAY})
        accessory = component.get("accessory") or {}
        if tally.take(accessory, f"{where}.accessory", {BUTTON, 11}) == BUTTON:
            _check_button(accessory, f"{where}.accessory")
    elif kind == DISPLAY:
        _check_display(component, where, tally)


def _check_display(component: Json, where: str, tally: _Tally) -> None:
    if not (component.get("content") or "").strip():
        raise required(f"{where}.content")
    tally.text += len(component["content"])


def _check_row(inner: list[Json], where: str, tally: _Tally) -> None:
    if not 1 <= len(inner) <= 5:
        raise invalid(f"{where}.components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.")
    for number, one in enumerate(inner):
        inside = f"{where}.components.{number}"
        kind = tally.take(one, inside, {BUTTON, *SELECTS})
        if kind == BUTTON:
            _check_button(one, inside)
        elif len(inner) > 1:
            why = "A select takes a row of its own."
            raise invalid(f"{where}.components", "COMPONENT_LAYOUT_WIDTH_EXCEEDED", why)
        else:
            _check_select(one, inside)


def _check_button(button: Json, where: str) -> None:
    style, url, custom_id = button.get("style"), button.get("url"), button.get("custom_id")
    if style not in (1, 2, 3, 4, 5, 6):
        raise invalid(f"{where}.style", "BASE_TYPE_CHOICES", "Value must be one of (1, 2, 3, 4, 5, 6).")
    if style == 5 and (not url or custom_id):
        raise required(f"{where}.url") if not url else _both(where)
    if style != 5 and url:
        raise _both(where)
    if url and len(url) > 512:
        raise too_long(f"{where}.url", 512)
    label = button.get("label") or ""
    if len(label) > 80:
        raise too_long(f"{where}.label", 80)
    if style != 6 and not label.strip() and not button.get("emoji"):
        raise invalid(where, "BUTTON_COMPONENT_INVALID_LABEL", "A label or an emoji is required.")


def _both(where: str) -> Refused:
    why = "A custom id and url cannot both be specified"
    return invalid(f"{where}.custom_id", "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE", why)


def _check_select(select: Json, where: str, *, modal: bool = False) -> None:
    if len(select.get("placeholder") or "") > 150:
        raise too_long(f"{where}.placeholder", 150)
    if modal and select.get("disabled"):
        raise invalid(f"{where}.disabled", "COMPONENT_DISABLED_IN_MODAL", "Components in modals cannot be disabled.")
    least, most = select.get("min_values", 1), select.get("max_values", 1)
    if not (0 <= least <= 25 and 1 <= most <= 25 and least <= most):
        raise invalid(f"{where}.min_values", "BASE_TYPE_MIN_MAX", "0 <= min_values <= max_values <= 25")
    if modal and select.get("required", True) and least < 1:
        raise invalid(f"{where}.min_values", "BASE_TYPE_MIN", "Must be at least 1 where an answer is required.")
    if select["type"] == SELECT:
        _check_options(select, where, 1, 25)
        if most > len(select["options"]):
            raise invalid(f"{where}.max_values", "BASE_TYPE_MAX", "Must not be more than there are options.")
        if sum(bool(option.get("default")) for option in select["options"]) > most:
            raise invalid(f"{where}.options", "COMPONENT_SELECT_TOO_MANY_DEFAULTS", "More defaults than max_values.")


def _check_options(holder: Json, where: str, least: int, most: int) -> None:
    options = holder.get("options") or []
    if not least <= len(options) <= most:
        raise too_long(f"{where}.options", most, least)
    for number, option in enumerate(options):
        inside = f"{where}.options.{number}"
        for name in ("label", "value"):
            if not option.get(name):
                raise required(f"{inside}.{name}")
            if len(option[name]) > 100:
                raise too_long(f"{inside}.{name}", 100, 1)
        if len(option.get("description") or "") > 100:
            raise too_long(f"{inside}.description", 100)
    if len({option["value"] for option in options}) < len(options):
        why = "The specified option value is already used"
        raise invalid(f"{where}.options", "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", why)


def check_modal(modal: Json) -> None:
    """A modal, as https://discord.com/developers/docs/interactions/receiving-and-responding has it."""
    for name, most in (("custom_id", 100), ("title", 45)):
        if not (modal.get(name) or "").strip():
            raise required(f"data.{name}")
        if len(modal[name]) > most:
            raise too_long(f"data.{name}", most, 1)
    components = modal.get("components") or []
    if not 1 <= len(components) <= 5:
        raise invalid("data.components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.")
    tally = _Tally()
    for number, component in enumerate(components):
        where = f"data.components.{number}"
        kind = tally.take(component, where, {ROW, LABEL, DISPLAY})
        if kind == DISPLAY:
            _check_display(component, where, tally)
        elif kind == ROW:
            inner = component.get("components") or []
            if len(inner) != 1:
                raise invalid(f"{where}.components", "BASE_TYPE_BAD_LENGTH", "Must be 1 in length.")
            tally.take(inner[0], f"{where}.components.0", {INPUT})
            _check_label(inner[0].get("label"), f"{where}.components.0")
            _check_input(inner[0], f"{where}.components.0")
        else:
            _check_label(component.get("label"), where)
            if len(component.get("description") or "") > 100:
                raise too_long(f"{where}.description", 100)
            _check_labelled(component.get("component") or {}, f"{where}.component", tally)


def _check_label(label: str | None, where: str) -> None:
    if not (label or "").strip():
        raise required(f"{where}.label")
    if len(label or "") > 45:
        raise too_long(f"{where}.label", 45, 1)


def _check_labelled(component: Json, where: str, tally: _Tally) -> None:
    kind = tally.take(component, where, _IN_A_LABEL)
    if kind == INPUT:
        if component.get("label"):
            raise invalid(f"{where}.label", "BASE_TYPE_FORBIDDEN", "The label stands on the Label component.")
        _check_input(component, where)
    elif kind in SELECTS:
        _check_select(component, where, modal=True)
    elif kind in (RADIO, CHECKBOXES):
        _check_options(component, where, 2 if kind == RADIO else 1, 10)


def _check_input(component: Json, where: str) -> None:
    if component.get("style") not in (1, 2):
        raise invalid(f"{where}.style", "BASE_TYPE_CHOICES", "Value must be one of (1, 2).")
    least, most = component.get("min_length") or 0, component.get("max_length") or 4000
    if not (0 <= least <= 4000 and 1 <= most <= 4000 and least <= most):
        raise invalid(f"{where}.max_length", "BASE_TYPE_MIN_MAX", "0 <= min_length <= max_length <= 4000")
    if len(component.get("placeholder") or "") > 100:
        raise too_long(f"{where}.placeholder", 100)
    if len(component.get("value") or "") > most:
        raise too_long(f"{where}.value", most)


def numbered(components: list[Json]) -> list[Json]:
    """The components with the ids that Discord gives to those that have none."""
    taken = {one.get("id") or 0 for one in every(components)}
    fresh = (number for number in range(1, 10_000) if number not in taken)

    def give(one: Json) -> Json:
        own = {**_DEFAULTS.get(one["type"], {}), **one, "id": one.get("id") or next(fresh)}
        if one.get("components"):
            own["components"] = [give(inner) for inner in one["components"]]
        for name in ("component", "accessory"):
            if one.get(name):
                own[name] = give(one[name])
        return own

    return [give(one) for one in components]


def every(components: list[Json]) -> list[Json]:
    """All components, from top to bottom, those inside others too."""
    found: list[Json] = []
    for one in components:
        inner = [*(one.get("components") or []), *(one[name] for name in ("component", "accessory") if one.get(name))]
        found += [one, *every(inner)]
    return found
