"""Explains what concerns object storage: signatures, requests, forms, policies and grants."""
