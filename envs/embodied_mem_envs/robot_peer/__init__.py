"""A robot in a process of its own: raw DDS on the outside, a house and physics on the inside.

It stands in for a real robot where there is none, and shares no control or safety code with the
brain's side: what a brain sends, it receives over the wire, judges for itself and logs.
Start one with `python -m embodied_mem_envs.robot_peer`; tests read its log with `read_log`.
"""

from embodied_mem_envs.robot_peer.wire_log import WireLog as WireLog
from embodied_mem_envs.robot_peer.wire_log import read_log as read_log

__all__ = ["WireLog", "read_log"]
