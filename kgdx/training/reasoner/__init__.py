"""Training and evaluation of the reasoner on labelled cases."""
