"""The steps, oldest first. A step that has been released is never changed; there is no way back but a backup."""
