"""Files of the page: markup, style, script."""
