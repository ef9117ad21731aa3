"""The fused outcome model: a ridge Cox regression on out-of-fold deep risk, image and clinical features."""
