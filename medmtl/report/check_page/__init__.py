"""The page of `medmtl check`: what is wrong in a cohort, and a picture of every case."""
