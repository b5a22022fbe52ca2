"""Estate files: their text, the short form that stands in them, and the world that they tell of."""
