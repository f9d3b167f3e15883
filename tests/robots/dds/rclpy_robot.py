"""A robot as its maker would write it with rclpy: run inside a ROS environment.

It reports what it heard on standard output, one JSON object a line, and obeys lines on standard
input: `stop` asks for an emergency stop, `end` ends it.
"""

import json
import sys
import threading
from array import array

WIDTH, HEIGHT = 16, 12


def main() -> None:
    """Publishes 50 Hz odometry and joints and 10 Hz pictures until told to end."""
    import rclpy
    from geometry_msgs.msg import Twist
    from nav_msgs.msg import Odometry
    from rclpy.executors import SingleThreadedExecutor
    from rclpy.qos import DurabilityPolicy, QoSProfile
    from sensor_msgs.msg import CameraInfo, Image, JointState
    from std_msgs.msg import Bool
    from trajectory_msgs.msg import JointTrajectory

    rclpy.init()
    node = rclpy.create_node("robot")
    latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
    odom = node.create_publisher(Odometry, "odom", 10)
    states = node.create_publisher(JointState, "joint_states", 10)
    color = node.create_publisher(Image, "camera/color/image_raw", 5)
    depth = node.create_publisher(Image, "camera/depth/image_raw", 5)
    lens = node.create_publisher(CameraInfo, "camera/color/camera_info", 5)
    estopped = node.create_publisher(Bool, "estopped", latched)
    button = node.create_publisher(Bool, "e_stop", latched)

    def tell(**what: object) -> None:
        print(json.dumps(what), flush=True)

    def heard_stop(message: Bool) -> None:
        tell(kind="e_stop", value=message.data)
        estopped.publish(message)

    def heard_path(message: JointTrajectory) -> None:
        seconds = [p.time_from_start.sec + 1e-9 * p.time_from_start.nanosec for p in message.points]
        positions = [list(point.positions) for point in message.points]
        tell(kind="path", names=list(message.joint_names), positions=positions, times=seconds)

    node.create_subscription(
        Twist, "cmd_vel", lambda m: tell(kind="cmd_vel", value=[m.linear.x, m.angular.z]), 10
    )
    node.create_subscription(Bool, "e_stop", heard_stop, latched)
    node.create_subscription(JointTrajectory, "arm/joint_trajectory", heard_path, 10)
    blue = array("B", bytes((9, 8, 200)) * (WIDTH * HEIGHT))
    two_metres = array("B", (2000).to_bytes(2, "little") * (WIDTH * HEIGHT))
    count = 0

    def send() -> None:
        nonlocal count
        stamp = node.get_clock().now().to_msg()
        message = Odometry()
        message.header.stamp = stamp
        message.pose.pose.position.x, message.pose.pose.orientation.w = 3.0, 1.0
        message.twist.twist.linear.x = 0.25
        odom.publish(message)
        state = JointState(name=["b", "a"], position=[2.0, 1.0], velocity=[0.2, 0.1])
        state.header.stamp = stamp
        states.publish(state)
        if count % 5 == 0:
            for publisher, encoding, data, size in (
                (color, "rgb8", blue, 3),
                (depth, "16UC1", two_metres, 2),
            ):
                image = Image(height=HEIGHT, width=WIDTH, encoding=encoding, step=size * WIDTH)
                image.header.stamp, image.data = stamp, data
                publisher.publish(image)
            info = CameraInfo(height=HEIGHT, width=WIDTH)
            info.header.stamp = stamp
            info.k = [16.0, 0.0, 7.5, 0.0, 16.0, 5.5, 0.0, 0.0, 1.0]
            lens.publish(info)
        count += 1

    node.create_timer(0.02, send)
    executor = SingleThreadedExecutor()
    executor.add_node(node)

    def obey() -> None:
        for line in sys.stdin:
            if line.strip() == "stop":
                button.publish(Bool(data=True))
            else:
                break
        executor.shutdown(0.0)

    threading.Thread(target=obey, daemon=True).start()
    tell(kind="ready")
    executor.spin()


if __name__ == "__main__":
    main()
