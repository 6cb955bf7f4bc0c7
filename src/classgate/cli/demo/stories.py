"""Telling the demo's stories: one step after the other, to the first that comes out otherwise."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec

from classgate.cli.demo.class_story import Story
from classgate.cli.demo.clients import Json
from classgate.cli.demo.lesson_story import LessonStory
from classgate.cli.demo.story_context import Steps, StoryContext


def play(scene: StoryContext, *, as_json: bool) -> bool:
    """Tell every story. False at the first step that comes out otherwise."""
    with tempfile.TemporaryDirectory(prefix="classgate-story-") as folder:
        told = list(_run_steps(scene, Path(folder), aloud=not as_json))
    succeeded = all(each["ok"] for each in told)
    if as_json:
        print(msgspec.json.encode({"ok": succeeded, "steps": told}).decode(), flush=True)
    elif succeeded:
        print(f"\nAll {len(told)} steps came out as expected.", flush=True)
    return succeeded


def _run_steps(scene: StoryContext, folder: Path, *, aloud: bool) -> Iterator[Json]:
    """Each step that is told; nothing after one that came out otherwise."""
    stories: list[tuple[str, Steps]] = [
        ("A class, from its accounts to its audit", Story(scene, folder).steps())
    ]
    if scene.settings.legacy.enabled:
        stories.append(("One lesson, with a client of the old backend", LessonStory(scene).steps()))
    for name, steps in stories:
        if aloud:
            print(f"\n── {name}", flush=True)
        for title, step in steps:
            try:
                outcome, succeeded = step(), True
            except Exception as error:  # whatever it was, the step came out otherwise
                outcome, succeeded = f"{type(error).__name__}: {error}", False
            if aloud:
                print(f"[{'ok' if succeeded else 'FAILED'}] {title}\n     {outcome}", flush=True)
            yield {"step": title, "ok": succeeded, "outcome": outcome}
            if not succeeded:
                return
