"""Microsoft's samples on the SDK's own hosting and on the engine: ``make show-samples``."""
