"""The only place that imports the Azure SDK: connection, pipeline, reading the estate, sending writes.

Not here: decisions: what an answer means for a plan is in `planning`, what to do next in `applying`.
"""
