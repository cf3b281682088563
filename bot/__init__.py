"""How the world meets Placet: programs, people, time."""
