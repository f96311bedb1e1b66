"""What a host's mail logs say, for a person to look through: by shape, by line, as it comes."""
