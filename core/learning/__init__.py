"""What people's overrides have in common, and whether they paid: evidence, patterns, matches, results."""
