"""Reads pasted HTTP requests: curl, "copy as fetch" and HAR. Nothing is evaluated."""
