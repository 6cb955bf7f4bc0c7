"""The checks of the IM and TRTC clouds: log-in with a UserSig, entry with a PrivateMapKey."""
