"""The pure core: every rule of the design, by name."""
