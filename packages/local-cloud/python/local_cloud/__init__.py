"""A local AWS: moto for what it does well, our own code for what must be true."""
