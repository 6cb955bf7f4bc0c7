"""The context of the checks: settings, time, and a client for the cloud."""

import secrets
from dataclasses import dataclass, field

from classgate.clock import Clock
from classgate.cloud.bucket import BucketClient, CosCredentials
from classgate.diagnosis.probe_client import ProbeClient
from classgate.settings.loading import Settings


@dataclass(frozen=True)
class CheckContext:
    """One installation, checked once."""

    settings: Settings
    probe: ProbeClient
    clock: Clock
    reads_storage: bool = True  # False: without what reads the whole database
    # No class has the number 0. Random, so that concurrent doctors do not collide.
    folder: str = field(default_factory=lambda: f"classes/0/doctor-{secrets.token_hex(6)}")

    @property
    def probe_key(self) -> str:
        """Return the probe object that is uploaded and removed."""
        return f"{self.folder}/probe"

    @property
    def other_key(self) -> str:
        """Return the object that the probe's keys must not reach."""
        return f"{self.folder}-other/probe"

    @property
    def service_key(self) -> CosCredentials:
        cloud = self.settings.cloud
        return CosCredentials(
            cloud.secret_id.get_secret_value(), cloud.secret_key.get_secret_value()
        )

    @property
    def cos_host(self) -> str:
        cos, endpoint = self.settings.cos, self.settings.cloud.cos_endpoint
        return endpoint.format(bucket=cos.bucket, region=cos.region)

    @property
    def bucket(self) -> BucketClient:
        return BucketClient(self.settings.cloud.scheme, self.cos_host, self.probe, self.clock)

    @property
    def is_offline(self) -> bool:
        """Return whether STS or COS is on this machine, which means an emulator."""
        hosts = (self.settings.cloud.sts_endpoint, self.cos_host)
        return any(_is_this_machine(host.partition(":")[0]) for host in hosts)


def _is_this_machine(host: str) -> bool:
    return host == "localhost" or host.endswith(".localhost") or host.startswith("127.")
