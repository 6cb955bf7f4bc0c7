"""The settings of a school over any database, in the emulator's cloud."""

import secrets

from tests.support.running_emulator import Emulator

from classgate.settings.loading import Settings, SettingsTree, load_settings

APP_ID = "1250000000"


BUCKET = f"courseware-{APP_ID}"


REGION = "ap-guangzhou"


SDK_APP_ID = 1400000001


SDK_SECRET_KEY = secrets.token_hex(32)


SECRET_ID = f"AKID{secrets.token_hex(16)}"


SECRET_KEY = secrets.token_hex(16)


AUDIT_KEY = secrets.token_hex(32)


def settings_for(database: str, emulator: Emulator, changes: SettingsTree) -> Settings:
    """The settings of a school over this database and in this cloud."""
    base: SettingsTree = {
        "database": {"url": database},
        "im": {
            "sdk_app_id": SDK_APP_ID,
            "secret_key": SDK_SECRET_KEY,
            "endpoint": emulator.address,
        },
        "cloud": {
            "secret_id": SECRET_ID,
            "secret_key": SECRET_KEY,
            "scheme": "http",
            "sts_endpoint": emulator.address,
            "cos_endpoint": emulator.address,
            "cos_json_endpoint": emulator.address,
            "vod_endpoint": emulator.address,
            "trtc_endpoint": emulator.address,
        },
        "cos": {"app_id": APP_ID, "bucket": BUCKET, "region": REGION},
        "accounts": {"argon2_memory_kib": 1024, "argon2_time_cost": 1},
        "audit": {"key": AUDIT_KEY},
    }
    for group, values in changes.items():
        base[group] = {**base.get(group, {}), **values}
    return load_settings({}, None, base)
