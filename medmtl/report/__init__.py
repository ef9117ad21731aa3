"""A finished run as one page that explains itself: numbers with intervals, figures, overlays and provenance."""
