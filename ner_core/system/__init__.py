"""What this process may take of its machine: paths, locks, memory and threads, interruption."""
