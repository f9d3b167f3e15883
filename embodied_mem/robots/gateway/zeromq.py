"""ZeroMQ where it is installed; every module of the gateway takes it from here."""

from embodied_mem.errors import MissingExtraError

try:
    import zmq as zmq
except ImportError as error:
    raise MissingExtraError("the gateway", "gateway") from error
