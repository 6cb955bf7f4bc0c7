"""What the cloud reports of the rooms of classes."""
