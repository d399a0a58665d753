"""What an authenticated caller may do."""
