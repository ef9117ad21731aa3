"""Reads the clinic's DICOM: series of slices, standardised uptake values and contours."""
