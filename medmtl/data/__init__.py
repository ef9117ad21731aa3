"""What the network sees: patches, augmentation, batches."""
