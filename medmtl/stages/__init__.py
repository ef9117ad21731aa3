"""One file per stage: each reads files, calls the layers before it, and writes files."""
