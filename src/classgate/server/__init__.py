"""The ASGI application, its listeners, and the bounds around the HTTP server."""
