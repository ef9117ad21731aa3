"""What is predicted: one file per task, each with its head, its loss and how its output is read."""
