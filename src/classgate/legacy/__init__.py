"""ENTRANCE: the legacy API, the JSON protocol of the 2017 backend for its existing clients.
Thin: services decide.
"""
