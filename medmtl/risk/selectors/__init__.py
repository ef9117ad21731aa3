"""Ways to choose among radiomics: one base, one file per way."""
