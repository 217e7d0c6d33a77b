"""The wall: everything that depends on one backend or on private parts of Keras."""
