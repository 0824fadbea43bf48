"""The generated tables of the documentation, a module a subject."""
