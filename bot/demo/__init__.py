"""`placet demo`: a real stream of recommendations, played live or once through with a scripted person."""
