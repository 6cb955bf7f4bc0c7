"""Invitations: tokens for registering in a given role."""
