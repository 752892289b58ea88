"""A report presented: page, drawings, terminal, exports, languages."""
