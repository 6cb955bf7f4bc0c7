"""Clients of Tencent Cloud. Features see only `ports`; the implementation is chosen at start."""
