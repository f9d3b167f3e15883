"""Models behind servers: OpenAI-compatible chat, with pictures and answers in a form."""

from embodied_mem.models.http.client import Http as Http
from embodied_mem.models.http.config import HttpConfig as HttpConfig

__all__ = ["Http", "HttpConfig"]
