"""How things look: draws boards, knows nothing of where they come from."""
