"""The shared network that turns images into feature maps: one file per encoder."""
