"""Answers: what questions found, frozen records of arrays with what made them. They draw on nothing but arrays."""
