"""The vocabulary: what the other floors say to each other, as plain values; nothing here acts or asks."""
