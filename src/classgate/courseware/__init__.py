"""FEATURE: files of a class: upload locations, permissions and arrival."""
