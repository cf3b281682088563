"""The whole of Placet on each platform: the real SDKs, local servers that speak the wire, and people's hands."""
