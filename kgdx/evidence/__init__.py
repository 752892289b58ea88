"""From a case to what the reasoner may believe: findings with polarity, weight and origin."""
