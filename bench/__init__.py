"""Benchmarks of the running service. `make bench` runs every table.

A table is a module with a function `measure() -> Table`, and a line in `bench.__main__.TABLES`.
"""
