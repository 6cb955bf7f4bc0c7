"""FEATURE: files of a class: where they may be put, by whom, and that they arrived."""
