"""TRTC: rooms, the server API that removes people from them, and the events of rooms."""
