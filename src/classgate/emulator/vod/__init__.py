"""Video on demand (VOD): the queries of API 2.0 that old clients use."""
