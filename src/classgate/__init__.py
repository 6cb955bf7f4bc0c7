"""classgate: the gate of an online classroom on Tencent Cloud."""

__version__ = "0.2.0"
