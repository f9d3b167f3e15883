#!/usr/bin/env bash
# Prepares .venv-ros: real rclpy from PyPI wheels, in an environment of its own.
#
# It is apart from .venv because the wheels restart every Python of their environment once, to set
# LD_LIBRARY_PATH. A robot's own ROS 2 does as well: export EMBODIED_MEM_ROS_PYTHON=/usr/bin/python3
# after `source /opt/ros/jazzy/setup.bash`, and nothing is installed here.
set -euo pipefail
cd "$(dirname "$0")/.."
PYTHON="${PYTHON:-python3}"
VENV="${ROS_VENV:-.venv-ros}"
CONSTRAINTS=launch/ros-constraints.txt

works() { # whether an interpreter has all that the driver imports
  env -u _ROS_WHEELS_BOOTSTRAP_COMPLETE "$1" -c '
import cv2, msgspec, numpy, zmq, rclpy
from rclpy.utilities import get_rmw_implementation_identifier
from geometry_msgs.msg import TwistStamped; from nav_msgs.msg import Odometry
from sensor_msgs.msg import Image; from trajectory_msgs.msg import JointTrajectory
TwistStamped(), Odometry(), Image(), JointTrajectory(), get_rmw_implementation_identifier()'
}

go_on_without() {
  {
    echo "setup-ros: ****************************************************************"
    echo "setup-ros: NO rclpy: $1"
    echo "setup-ros: The driver 'ros2' and its tests are skipped; 'dds' drives ROS 2"
    echo "setup-ros: robots without it. Once this is mended: bash launch/setup-ros.sh"
    echo "setup-ros: ****************************************************************"
  } >&2
  exit 0
}

if [ -n "${EMBODIED_MEM_ROS_PYTHON:-}" ]; then
  works "$EMBODIED_MEM_ROS_PYTHON" || go_on_without "$EMBODIED_MEM_ROS_PYTHON cannot import it all"
  exit 0
fi
if [ -f "$VENV/.ready" ] && cmp -s "$CONSTRAINTS" "$VENV/.ready"; then
  touch "$VENV/.ready" # newer than what make compares it with
  exit 0
fi
[ -x "$VENV/bin/python" ] || "$PYTHON" -m venv "$VENV" || go_on_without "no venv at $VENV"
"$VENV/bin/python" -m pip install -qq --disable-pip-version-check --retries 2 \
  -c "$CONSTRAINTS" 'ros-rclpy[fastrtps]' ros-std-msgs ros-geometry-msgs ros-nav-msgs \
  ros-sensor-msgs ros-trajectory-msgs ros-std-srvs \
  numpy msgspec pyzmq opencv-python-headless ||
  go_on_without "pip could not install the wheels (ros-rclpy 9.1.2, Linux, Python 3.11 to 3.13)"
works "$VENV/bin/python" || go_on_without "the wheels were installed but do not import"
cp "$CONSTRAINTS" "$VENV/.ready"
