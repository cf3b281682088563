"""What is remembered: the journal, the current rows, the outbox."""
