"""Object storage: the XML API (v5) and the JSON API (v4) over the same objects."""
