"""What must hold of a case's images, one file per kind; `prepare` refuses faults, `check` tells warnings too."""
