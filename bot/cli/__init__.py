"""The command line: Typer and Rich. `app.py` holds the commands, `client.py` speaks HTTP, `tables.py` shows."""
