"""The only place that imports the Azure SDK: connection, pipeline, estate reading, the verbs that write."""
