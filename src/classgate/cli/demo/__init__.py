"""`classgate demo`: the service and the emulator on loopback, and the stories played on them."""
