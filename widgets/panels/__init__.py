"""One panel, one file: which kinds it shows, its columns, how a result becomes a row."""
