"""Trained models applied to cases: masks on the CT's grid and log hazards."""
