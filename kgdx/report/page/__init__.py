"""A report as a page and as drawings, in English and Chinese, that need nothing else."""
