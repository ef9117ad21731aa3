"""Public cohorts, one file per layout: each turns what was published into cases."""
