"""The loop that looks again and again: rounds, metrics, health, notices, logs and traces."""
