"""Which part of a scan the network sees."""
