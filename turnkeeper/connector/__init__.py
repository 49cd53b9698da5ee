"""The client of the Bot Connector REST API."""
