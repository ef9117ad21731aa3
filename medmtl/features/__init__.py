"""Named numbers per case, measured in a mask on PET and CT."""
