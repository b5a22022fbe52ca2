"""The loop that looks again and again: rounds, metrics, health, news, logs and traces.

Not here: how one round looks, plans and applies, which is in `flow`.
"""
