"""Plays the demo's stories step by step, until a step fails."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec

from classgate.cli.demo.class_story import ClassStory
from classgate.cli.demo.clients import Json
from classgate.cli.demo.lesson_story import LessonStory
from classgate.cli.demo.story_context import Steps, StoryContext


def play(context: StoryContext, *, as_json: bool) -> bool:
    """Play all stories and print the outcome. False: a step failed."""
    with tempfile.TemporaryDirectory(prefix="classgate-story-") as folder:
        results = list(_run_steps(context, Path(folder), verbose=not as_json))
    succeeded = all(each["ok"] for each in results)
    if as_json:
        print(msgspec.json.encode({"ok": succeeded, "steps": results}).decode(), flush=True)
    elif succeeded:
        print(f"\nAll {len(results)} steps succeeded.", flush=True)
    return succeeded


def _run_steps(context: StoryContext, folder: Path, *, verbose: bool) -> Iterator[Json]:
    """Yield the result of each step, up to the first that fails."""
    stories: list[tuple[str, Steps]] = [
        ("A class, from its accounts to its audit", ClassStory(context, folder).steps())
    ]
    if context.settings.legacy.enabled:
        lesson = LessonStory(context).steps()
        stories.append(("One lesson, with a client of the 2017 protocol", lesson))
    for name, steps in stories:
        if verbose:
            print(f"\n── {name}", flush=True)
        for title, step in steps:
            try:
                outcome, succeeded = step(), True
            except Exception as error:  # any error is a failure of the step
                outcome, succeeded = f"{type(error).__name__}: {error}", False
            if verbose:
                print(f"[{'ok' if succeeded else 'FAILED'}] {title}\n     {outcome}", flush=True)
            yield {"step": title, "ok": succeeded, "outcome": outcome}
            if not succeeded:
                return
