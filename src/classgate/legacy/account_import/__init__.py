"""Import of the 2017 backend's account table, with its passwords."""
