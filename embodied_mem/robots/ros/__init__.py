"""What every robot on ROS topics shares, whatever carries them; needs neither ROS nor DDS."""
