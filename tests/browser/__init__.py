"""People at the web inbox: a real Placet on a real socket, real browsers, several people at once."""
