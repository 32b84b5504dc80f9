"""Parts of a method, the linker that prints them as one kernel, and the simulator that runs it."""
