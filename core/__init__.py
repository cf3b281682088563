"""What is decided and why: plain values and pure functions."""
