"""What the network is taught by: one file per loss."""
