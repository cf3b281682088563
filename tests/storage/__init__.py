"""The store and the engine, on real databases."""
