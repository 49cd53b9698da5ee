"""The wire format of the Bot Framework: activities and their parts, to and from JSON."""
