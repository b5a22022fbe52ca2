"""The only place that imports the Azure SDK: connection, pipeline, estate reading, the verbs that write.

Not here: decisions: what an answer means for a plan is in `planning`, what to do next in `applying`.
"""
