"""Robots on DDS alone, in this process: ROS 2 topics without any ROS installed."""
