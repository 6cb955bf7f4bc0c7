"""The least that an application needs, with keys made for this run."""

import secrets
from pathlib import Path

from classgate.settings.loading import Settings, SettingsTree, load_settings

GOOD = {
    "CLASSGATE_IM__SDK_APP_ID": "1400000001",
    "CLASSGATE_IM__SECRET_KEY": secrets.token_hex(32),
    "CLASSGATE_CLOUD__SECRET_ID": "AKID" + secrets.token_hex(16),
    "CLASSGATE_CLOUD__SECRET_KEY": secrets.token_hex(16),
    "CLASSGATE_COS__APP_ID": "1250000000",
    "CLASSGATE_COS__BUCKET": "courseware-1250000000",
    "CLASSGATE_COS__REGION": "ap-guangzhou",
    "CLASSGATE_AUDIT__KEY": secrets.token_hex(32),
}


def load(**changed: str | None) -> Settings:
    """With some of the good settings changed, or left out (None)."""
    environment: dict[str, str | None] = {**GOOD}
    environment |= {f"CLASSGATE_{name}": value for name, value in changed.items()}
    return load_settings({name: value for name, value in environment.items() if value is not None})


def settings_for(folder: Path) -> SettingsTree:
    """The least that an application needs, with keys made for this run."""
    return {
        "database": {"url": f"sqlite:///{folder}/docs.db"},
        "im": {"sdk_app_id": 1400000001, "secret_key": secrets.token_hex(32)},
        "cloud": {"secret_id": secrets.token_hex(16), "secret_key": secrets.token_hex(16)},
        "cos": {
            "app_id": "1250000000",
            "bucket": "courseware-1250000000",
            "region": "ap-guangzhou",
        },
        "audit": {"key": secrets.token_hex(32)},
    }
