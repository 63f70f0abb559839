"""What runs inside an instance of a Python function: the worker of docs/worker-protocol.md, in the standard library alone."""
