"""Models that the brain asks: the protocol, and the scripted one that needs no model at all."""

from embodied_mem.models.client import Completion as Completion
from embodied_mem.models.client import Message as Message
from embodied_mem.models.client import ModelClient as ModelClient
from embodied_mem.models.client import Role as Role
from embodied_mem.models.registry import load_model_client as load_model_client

__all__ = ["Completion", "Message", "ModelClient", "Role", "load_model_client"]
