"""The checks, one file a question; importing a file registers its checks."""
