"""Pictures and a text that somebody sends with what they ask: kept as they arrive, so that no form has them twice."""

from __future__ import annotations

from pathlib import PurePath

from starlette.datastructures import FormData, UploadFile

from bot.adapters.web.fields import sentence
from bot.services import Services
from core.attachments import LONGEST_TITLE, MOST_PICTURES, MOST_TEXTS, is_id, surplus
from core.errors import Refused
from core.model import Actor, Attachment
from core.text import cut, fault, normal

FILES, KEPT, TITLE = "files", "kept", "title."
"""The file input; what was kept of an earlier try; and how each of that is called."""
MOST = MOST_PICTURES + MOST_TEXTS


async def enclosed(services: Services, asker: Actor, form: FormData) -> tuple[list[Attachment], str | None]:
    """What goes with the form, and what is wrong with some of it. Whether it is theirs is judged when it is asked."""
    names = dict.fromkeys(name for name in form.getlist(KEPT) if isinstance(name, str) and is_id(name))
    found = [Attachment(name, _title(str(form.get(f"{TITLE}{name}", "")))) for name in list(names)[:MOST]]
    files = [file for file in form.getlist(FILES) if isinstance(file, UploadFile) and (file.filename or file.size)]
    if len(found) + len(files) > MOST:
        return found, f"{len(found) + len(files)} files are too many: up to {MOST_PICTURES} pictures and a text fit"
    for file in files:
        title = _title(PurePath(file.filename or "").stem.replace("_", " "))
        kept = await services.keep(asker, await file.read(), file.content_type or "")
        if isinstance(kept, Refused):
            return found, f"{title or 'One of them'}: {kept.detail if kept.code == 'invalid' else sentence(kept)}"
        if kept.id not in names:
            names[kept.id] = None
            found.append(Attachment(kept.id, title, kept.media_type, kept.width, kept.height))
    return found, surplus([one for one in found if one.media_type])


def _title(text: str) -> str:
    """What a file is called, as far as it can be read; without that, it is counted."""
    title = cut(normal(" ".join(text.split())), LONGEST_TITLE)
    return "" if fault(title, longest=LONGEST_TITLE) else title
