"""What somebody tries who means no good, or is careless, and what must not come of it."""
