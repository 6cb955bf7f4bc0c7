"""What the service costs, measured from outside. `make bench` runs every table.

A table is a module with a function `measure() -> Table`, and a line in `bench.__main__.TABLES`.
"""
