"""Crashes: killed at any moment, nothing that was acknowledged is lost and nothing happens twice."""
