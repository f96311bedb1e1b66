"""Measures what is felt: ``make bench``, or ``python -m tests.bench NAME…`` for some of it.

One bench is one file with a ``main()`` that prints a table; being here is enough. Nothing here is a
test: a busy machine spoils every figure, so compare within one table, and say what else ran.
"""
