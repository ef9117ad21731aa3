"""Who is studied: manifests, folds, clinical columns, public layouts and synthetic cohorts."""
