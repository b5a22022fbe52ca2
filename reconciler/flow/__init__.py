"""The one way of a run: look, gates, approval, apply, look again."""
