"""Joint training by Lightning: one fold at a time, stopped on a joint criterion, resumed where it was killed."""
