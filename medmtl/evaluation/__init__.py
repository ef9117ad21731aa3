"""How good masks and risks are, each figure with its interval over cases."""
