"""The checks of `classgate doctor`: each reports its finding and the fix."""
