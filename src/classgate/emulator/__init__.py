"""A local emulator of Tencent Cloud, for work without a network.

It verifies every signature and enforces every policy with its own clock. It is a second program:
it shares the formats in `signing` and the errors with classgate, and no decision of the product.
"""
