"""What every part behind a port promises, asked of each of them."""
