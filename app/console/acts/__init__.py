"""What is done about an open incident, from its screen: one file, one class each."""
