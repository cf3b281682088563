"""A local Discord: REST v10, the Gateway, and people who press its buttons."""
