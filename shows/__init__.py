"""Programs that show what the engine promises: ``make show-own-bot`` and so on."""
