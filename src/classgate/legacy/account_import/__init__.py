"""Import of the 2017 backend's account table, with the passwords that people know."""
