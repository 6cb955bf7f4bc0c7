"""What has to reach the cloud, written down with what caused it."""
