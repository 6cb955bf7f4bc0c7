"""Benchmarks of the running service. `make bench` runs every table.

A table is a module with a function `measure() -> Table`, and its name in `bench.__main__.TABLES`.
Each figure stands beside a yardstick that was measured in the same run, in turn with it.
"""
