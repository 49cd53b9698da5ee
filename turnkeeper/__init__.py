"""An engine for stateful bots of the Bot Framework: each activity takes effect once, in order."""
