"""The parsers of what comes from outside, for a fuzzer: any bytes are read or properly refused.

``python -m tests.fuzz NAME SECONDS`` goes on from the corpus with atheris (where that is
installed: it is no dependency); `tests/fuzz/test_fuzz.py` reads the corpus in every run of the
suite.
"""
