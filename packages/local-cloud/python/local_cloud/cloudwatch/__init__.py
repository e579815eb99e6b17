"""CloudWatch: metrics, and alarms that are really evaluated by them."""
