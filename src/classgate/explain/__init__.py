"""PURE: explains pasted credentials, refusals and codes of Tencent Cloud."""
