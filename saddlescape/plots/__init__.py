"""Drawing only: an axis and a result in, artists out."""
