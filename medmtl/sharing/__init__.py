"""How tasks share the encoder: one file per way."""
