"""HTTP to a checked activity."""
