"""The emulator: an imitation of Tencent Cloud for work without a network.

It verifies every signature and enforces every policy, by its own clock; refusing is its most useful
feature. It is a second program: of classgate it shares only the formats in `signing` and the
errors, never a decision of the product.
"""
