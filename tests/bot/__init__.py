"""Placet from outside: HTTP, the command line, deadlines, delivery, starting and stopping."""
