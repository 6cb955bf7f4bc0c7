"""How the service does: grants and refusals of the last hour, the cloud, waiting work, database."""
