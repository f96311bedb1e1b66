"""Causes and verdicts: pure, a board in, a verdict out."""
