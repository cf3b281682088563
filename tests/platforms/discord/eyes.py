"""Messages and modals as a person sees them."""

from __future__ import annotations

from dataclasses import dataclass

from tests.platforms.discord import component_rules as kinds
from tests.platforms.discord.interactions import Interaction
from tests.platforms.discord.reading import seen
from tests.platforms.discord.world import Json, Message, World
from tests.platforms.hands import FieldShown, FormShown, Shown

THINKING = "thinking …"


@dataclass(frozen=True)
class Pressable:
    """A button, or one choice of a select: picking it sends at once, as a button does."""

    label: str
    token: str
    component: Json

    @property
    def data(self) -> Json:
        kind = self.component["type"]
        body = {"id": self.component["id"], "component_type": kind, "custom_id": self.component["custom_id"]}
        return body | {"values": [self.token]} if kind == kinds.SELECT else body


def pressables(message: Message) -> list[Pressable]:
    found: list[Pressable] = []
    for one in kinds.every(message.components):
        if one.get("disabled") or "custom_id" not in one:
            continue
        if one["type"] == kinds.BUTTON:
            label = one.get("label") or (one.get("emoji") or {}).get("name") or ""
            found.append(Pressable(label, one["custom_id"], one))
        elif one["type"] == kinds.SELECT:
            found += [Pressable(option["label"], option["value"], one) for option in one["options"]]
    return found


def shown(message: Message, world: World) -> Shown:
    to_press = pressables(message)
    colours = [embed.get("color") for embed in message.embeds]
    colours += [one.get("accent_color") for one in message.components if one["type"] == kinds.CONTAINER]
    colour = next((one for one in colours if one is not None), None)
    return Shown(
        chat=message.channel,
        id=message.id,
        text=THINKING if message.loading else "\n".join(part for part in _texts(message, world) if part),
        buttons=tuple(one.label for one in to_press),
        tokens=tuple(one.token for one in to_press),
        only_for=message.only_for,
        reply_to=message.reply_to,
        edits=message.edits,
        at=message.at,
        colour=None if colour is None else f"#{colour:06x}",
        pictures=tuple(world.files[one["id"]] for one in message.attachments),
        alts=tuple(one.get("description", "") for one in message.attachments),
    )


def _texts(message: Message, world: World) -> list[str]:
    """Titles, names and footers of embeds as they stand; everything else with its markdown read."""
    found = [seen(message.content, world)]
    for embed in message.embeds:
        # The author's name and the footer are shown as they are; the rest is markdown.
        found.append((embed.get("author") or {}).get("name", ""))
        found += [seen(embed.get(name) or "", world) for name in ("title", "description")]
        for field in embed.get("fields") or []:
            found += [seen(field["name"], world), seen(field["value"], world)]
        found.append((embed.get("footer") or {}).get("text", ""))
    for one in kinds.every(message.components):
        if one["type"] == kinds.DISPLAY:
            found.append(seen(one["content"], world))
        elif one["type"] == kinds.SELECT and one.get("placeholder"):
            found.append(one["placeholder"])
    return found


def inputs(modal: Json) -> list[tuple[str, Json]]:
    """The inputs of a modal, each with the label beside it."""
    found: list[tuple[str, Json]] = []
    for one in modal["components"]:
        if one["type"] == kinds.ROW:
            inner = one["components"][0]
            found.append((inner["label"], inner))
        elif one["type"] == kinds.LABEL:
            found.append((one["label"], one["component"]))
    return found


def form(interaction: Interaction, world: World, errors: dict[str, str] | None = None) -> FormShown:
    modal = interaction.modal
    assert modal is not None
    texts = [seen(one["content"], world) for one in modal["components"] if one["type"] == kinds.DISPLAY]
    texts += [one["description"] for one in modal["components"] if one.get("description")]
    fields = tuple(_field(label, one, (errors or {}).get(label)) for label, one in inputs(modal))
    return FormShown(interaction.id, modal["title"], "\n".join(texts), fields)


def _field(label: str, one: Json, error: str | None) -> FieldShown:
    if one["type"] == kinds.INPUT:
        return FieldShown(label, "text", one.get("value") or "", error=error)
    if one["type"] == kinds.CHECKBOX:
        return FieldShown(label, "boolean", "yes" if one.get("default") else "no", error=error)
    options = one.get("options") or []
    chosen = ", ".join(option["label"] for option in options if option.get("default"))
    return FieldShown(label, "choice", chosen, tuple(option["label"] for option in options), error)


def filled(one: Json, typed: str | None) -> tuple[Json, str | None]:
    """What an input sends when this is typed into it (None: as it stood), and why the client would not send it."""
    head = {"type": one["type"], "id": one["id"], "custom_id": one["custom_id"]}
    needed = one.get("required", True)
    if one["type"] == kinds.INPUT:
        text = (one.get("value") or "") if typed is None else typed
        least, most = one.get("min_length") or 0, one.get("max_length") or 4000
        fault = "This field is required" if needed and not text else None
        if text and not least <= len(text) <= most:
            fault = f"Must be between {least} and {most} characters."
        if one["style"] == 1 and "\n" in text:
            fault = "A single line takes no line break."
        return head | {"value": text}, fault
    if one["type"] == kinds.CHECKBOX:
        chosen = bool(one.get("default")) if typed is None else typed.lower() in ("yes", "true", "on")
        return head | {"value": chosen}, None
    options = one.get("options") or []
    if typed is None:
        picked = [option["value"] for option in options if option.get("default")]
    else:
        parts = [part.strip() for part in typed.split(",") if part.strip()]
        named = [typed] if typed in {option["label"] for option in options} else parts
        picked = [option["value"] for name in named for option in options if name in (option["label"], option["value"])]
        if len(picked) != len(named):
            return head, f"There is no such choice: {typed}"
    fault = "This field is required" if needed and not picked else None
    if one["type"] == kinds.RADIO:
        return head | {"value": picked[0] if picked else None}, fault
    return head | {"values": picked}, fault
