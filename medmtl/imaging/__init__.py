"""Where voxels are: reading, resampling and writing images by their geometry."""
