"""``python -m saddlescape`` is ``landscape``."""

from saddlescape.cli import main

if __name__ == "__main__":
    main()
