"""The option `--config`, and the settings that it names."""

import os
from collections.abc import Mapping
from pathlib import Path

import typer

from classgate.settings.loading import DEFAULT_FILE, Settings, load_settings

ConfigOption = typer.Option(
    None, "--config", metavar="FILE", help="Settings; without it classgate.toml, if there is one."
)


def read_settings(config: Path | None, options: Mapping[str, str] | None = None) -> Settings:
    """Load the settings. ConfigurationError lists every fault.

    `options`: variables of the environment that options of the command line set.
    """
    if config is None and DEFAULT_FILE.is_file():
        config = DEFAULT_FILE
    return load_settings({**os.environ, **(options or {})}, config)
