"""The SDK's faces of the engine."""
