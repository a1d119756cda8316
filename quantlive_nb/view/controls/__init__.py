"""The controls: forms that hand typed values to the controller."""
