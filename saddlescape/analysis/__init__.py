"""Questions asked of a method on a landscape."""
