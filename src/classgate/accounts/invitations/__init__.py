"""Invitations: tokens with which somebody registers in a given role."""
