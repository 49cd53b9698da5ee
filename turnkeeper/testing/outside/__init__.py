"""The services that a bot talks to, played over real HTTP: the connector and the login."""
