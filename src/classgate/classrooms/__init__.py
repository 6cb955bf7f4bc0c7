"""FEATURE: classes, their members and roles, and access windows."""
