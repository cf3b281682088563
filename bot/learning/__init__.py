"""Learning from overrides: what is imported, what runs by itself, and what people are told of it."""
