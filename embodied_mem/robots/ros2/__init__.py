"""ROS 2 by rclpy: a driver that runs inside a ROS environment, and one that starts it there."""
