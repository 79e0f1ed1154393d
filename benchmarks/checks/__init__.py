"""What the checks find and what they miss: size, power, copies, other tools on the same sets."""
