"""Path models: samplers that draw a whole path, not a day at a time."""
