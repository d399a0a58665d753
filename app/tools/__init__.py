"""The tools that Gatehouse offers, gathered in toolsets."""
