"""Files that clients of the 2017 backend bind to a class."""
