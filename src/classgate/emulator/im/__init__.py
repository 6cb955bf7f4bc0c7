"""What the messaging and audio/video clouds do with a UserSig and a PrivateMapKey."""
