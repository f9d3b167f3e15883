"""Arms of Franka Robotics (FR3 and Panda), over their FCI protocol by franky-control.

Tested against franky-sim, which speaks the real protocol, not against a physical arm.
"""
