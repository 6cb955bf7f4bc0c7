"""ENTRANCE: the console, pages for people. They call the HTTP API, from the browser."""
