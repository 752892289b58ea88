"""How a drug may act on a disease: the paths between them, and which of them a pharmacologist would draw."""
