"""Who is in a class: heartbeats, stays, timeouts and attendance."""
