"""The report page: one self-contained HTML file about an estate.

Not here: what is read for the page, which is in `cli.page`.
"""
