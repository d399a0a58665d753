"""The one database of an installation: its tables, how it is opened, and how older ones are brought up to date."""
