"""What is true of the mail system right now. Imports no Textual and nothing of the other floors."""
