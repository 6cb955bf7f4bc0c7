"""FEATURE: recorded videos at the video service: permissions for queries and uploads."""
