"""The places where people are met: one room each, and none knows another."""
