"""Multi-task learning on PET/CT: tumour segmentation and survival risk, learned jointly."""

__version__ = "0.1.0"
