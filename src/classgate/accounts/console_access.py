"""The rules by which admins may use the console, from the settings."""

from dataclasses import dataclass

from classgate.accounts.models import Account, AccountRole
from classgate.client_address import Network, parse_address
from classgate.console_refusals import AdminNetwork


@dataclass(frozen=True, kw_only=True)
class ConsoleAccess:
    """Whether there is a console, and what it demands of admins."""

    enabled: bool = True
    requires_second_factor: bool = True
    admin_networks: tuple[Network, ...] = ()

    def require_network(self, account: Account, address: str) -> None:
        """Require that an admin is in one of the networks, if there are any. AdminNetwork."""
        if account.role is not AccountRole.ADMIN or not self.admin_networks:
            return
        parsed = parse_address(address)
        if parsed is None or not any(parsed in network for network in self.admin_networks):
            raise AdminNetwork
