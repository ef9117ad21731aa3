"""Lets `python -m medmtl.cli` do what `medmtl` does."""

from medmtl.cli.main import main

if __name__ == "__main__":
    main()
