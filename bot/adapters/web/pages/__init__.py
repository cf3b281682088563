"""The pages, a module each: `routes(web)` gives those of one page."""
