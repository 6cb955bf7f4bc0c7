"""The deprecated JSON API (v4) of object storage: whole uploads, slice uploads, stat and delete."""
