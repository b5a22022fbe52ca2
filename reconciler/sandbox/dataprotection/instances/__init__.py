"""Backup instances: their routes and states, what they require, how protection begins, rests and ends."""
