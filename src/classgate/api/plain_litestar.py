"""The web framework without what it loads for libraries that the API does not use."""

from litestar import Litestar
from litestar.plugins import PluginProtocol
from litestar.plugins.core import MsgspecDIPlugin


class PlainLitestar(Litestar):
    """Litestar for msgspec alone.

    Beside Pydantic, which reads the settings, and attrs, Litestar loads plugins for both, and with
    them the whole of Pydantic's first version: 4 MiB in each process.
    """

    @staticmethod
    def _get_default_plugins(plugins: list[PluginProtocol]) -> list[PluginProtocol]:
        return [*plugins, MsgspecDIPlugin()]
