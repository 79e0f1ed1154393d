"""What sampling and auditing cost in processor seconds and memory."""
