"""One robot served over ZeroMQ, so that its brain can live in another process or machine."""
