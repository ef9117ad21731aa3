"""A fast radiomics engine: PyRadiomics' numbers, or IBSI's, for one image and its regions."""
