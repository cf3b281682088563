"""views.*, and what an answer to a submitted modal does: https://docs.slack.dev/surfaces/modals"""

from __future__ import annotations

import secrets
from copy import deepcopy
from typing import Any

from tests.platforms.slack.block_rules import too_large, view_problems
from tests.platforms.slack.call import Call
from tests.platforms.slack.content import completed
from tests.platforms.slack.errors import SlackError, needs
from tests.platforms.slack.reading import inputs
from tests.platforms.slack.scene import Scene
from tests.platforms.slack.world import Json, Trigger, View

TRIGGER_LIVES = 3.0
MOST_VIEWS = 3


def open_view(scene: Scene, call: Call) -> Json:
    trigger, body = _asked(scene, call)
    view = _made(scene, trigger, body, None)
    scene.world.stacks[trigger.user] = [view]
    return {"ok": True, "view": scene.world.public_view(view)}


def push_view(scene: Scene, call: Call) -> Json:
    trigger, body = _asked(scene, call)
    stack = scene.world.stacks.get(trigger.user) or []
    if not stack or trigger.from_view is None:
        raise SlackError("invalid_trigger_id", ["the trigger comes from no modal"])
    if len(stack) >= MOST_VIEWS:
        raise SlackError("push_limit_reached")
    view = _made(scene, trigger, body, stack[-1])
    stack.append(view)
    return {"ok": True, "view": scene.world.public_view(view)}


def update_view(scene: Scene, call: Call) -> Json:
    needs(call.asked, "view")
    asked = call.asked
    if not (asked.get("view_id") or asked.get("external_id")):
        raise SlackError("invalid_arguments", ["either view_id or external_id is required"])
    view = scene.world.view(asked.get("view_id"), asked.get("external_id"))
    if view is None or view.team != call.team.id:
        raise SlackError("not_found")
    if asked.get("hash") and asked["hash"] != view.hash:
        raise SlackError("hash_conflict")
    replace(scene, view, _checked(scene, asked["view"], view))
    return {"ok": True, "view": scene.world.public_view(view)}


def _asked(scene: Scene, call: Call) -> tuple[Trigger, Json]:
    """A trigger that is good, used up by this, and the view to be shown."""
    needs(call.asked, "trigger_id", "view")
    trigger = scene.world.triggers.get(str(call.asked["trigger_id"]))
    if trigger is None or trigger.team != call.team.id:
        raise SlackError("invalid_trigger_id")
    if trigger.used:
        raise SlackError("exchanged_trigger_id")
    if scene.world.clock.time() - trigger.at > TRIGGER_LIVES:
        raise SlackError("expired_trigger_id")
    body = _checked(scene, call.asked["view"], None)
    trigger.used = True
    return trigger, body


def _checked(scene: Scene, body: Any, replaced: View | None) -> Json:
    problems = view_problems(body, scene.file_ready)
    if problems:
        raise SlackError("invalid_arguments", problems)
    if too_large(body):
        raise SlackError("view_too_large")
    there = scene.world.view(external=body.get("external_id")) if body.get("external_id") else None
    if there is not None and there is not replaced:
        raise SlackError("duplicate_external_id")
    whole: Json = deepcopy(body)
    whole["blocks"] = completed(scene.world, whole["blocks"])
    return whole


def _hash(scene: Scene) -> str:
    return f"{int(scene.world.clock.now().timestamp())}.{secrets.token_hex(4)}"


def _made(scene: Scene, trigger: Trigger, body: Json, above: View | None) -> View:
    id = scene.world.id("V")
    root, previous = (above.root, above.id) if above else (id, None)
    view = View(id, trigger.user, trigger.team, body, _hash(scene), root, previous)
    scene.world.touch(view)
    return view


def replace(scene: Scene, view: View, body: Json) -> None:
    """Another content for a view: what was typed stays where block, input and kind are the same."""
    before = {(one["block_id"], one["element"]["action_id"], one["element"]["type"]) for one in inputs(view)}
    view.body = body
    kept = {
        one["block_id"]
        for one in inputs(view)
        if (one["block_id"], one["element"]["action_id"], one["element"]["type"]) in before
    }
    view.values = {block: value for block, value in view.values.items() if block in kept}
    view.errors = {}
    view.hash = _hash(scene)
    scene.world.touch(view)


def close(scene: Scene, view: View, whole_stack: bool = False) -> None:
    """Take a view from the screen, and all of its stack where it or the app wants that."""
    stack = scene.world.stacks.get(view.user, [])
    gone = stack if whole_stack or view not in stack else stack[stack.index(view) :]
    scene.world.stacks[view.user] = [one for one in stack if one not in gone]
    scene.world.changes += 1


def answered(scene: Scene, view: View, payload: Any) -> None:
    """What the answer to a submission does to the modal; Slack shows trouble for one that it does not understand."""
    if not payload:
        close(scene, view)
        return
    action = payload.get("response_action") if isinstance(payload, dict) else None
    try:
        if action == "clear":
            close(scene, view, whole_stack=True)
        elif action == "errors":
            _show_errors(scene, view, payload.get("errors"))
        elif action == "update":
            replace(scene, view, _checked(scene, payload.get("view"), view))
        elif action == "push":
            stack = scene.world.stacks[view.user]
            if len(stack) >= MOST_VIEWS:
                raise SlackError("push_limit_reached")
            body = _checked(scene, payload.get("view"), None)
            stack.append(_made(scene, Trigger(view.user, view.team, 0.0), body, view))
        else:
            raise SlackError("invalid_arguments", [f"response_action {action}"])
    except SlackError as problem:
        scene.note(f"answer to view_submission: {problem}")
        view.errors = {"": "We had some trouble connecting. Try again?"}


def _show_errors(scene: Scene, view: View, errors: Any) -> None:
    known = {block["block_id"] for block in inputs(view)}
    if not isinstance(errors, dict) or not errors or not all(isinstance(one, str) for one in errors.values()):
        raise SlackError("invalid_arguments", ["errors must map block ids to texts"])
    if strange := set(errors) - known:
        raise SlackError("invalid_arguments", [f"errors for blocks that are no inputs: {sorted(strange)}"])
    view.errors = dict(errors)
    scene.world.touch(view)
