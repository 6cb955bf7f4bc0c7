"""The cloud account of the contract tests."""

from pathlib import Path
from typing import Any

from classgate.emulator.server import EmulatorSettings

SECRET_ID = "AKIDcontracttests0000000000000000000"
SECRET_KEY = "contracttestssecretkey0000000000"
APP_ID = "1250000000"
SHORT_BUCKET = "courseware"
BUCKET = f"{SHORT_BUCKET}-{APP_ID}"
REGION = "ap-guangzhou"
SDK_APP_ID = 1400000001
SDK_SECRET_KEY = "5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e"


def settings_for(data_dir: Path | None = None, **changed: Any) -> EmulatorSettings:
    values: dict[str, Any] = {
        "region": REGION,
        "cloud_app_id": APP_ID,
        "bucket": BUCKET,
        "secret_id": SECRET_ID,
        "secret_key": SECRET_KEY,
        "sdk_app_id": SDK_APP_ID,
        "sdk_secret_key": SDK_SECRET_KEY,
        "public_key_pem": None,
        "data_dir": data_dir,
    }
    return EmulatorSettings(**(values | changed))
