"""How Hypothesis works here."""

from hypothesis import settings

# A machine under load is slow, and that is no fault of what is tested.
settings.register_profile("house", deadline=None)
settings.load_profile("house")
