"""Who is at the other end, over real DDS: nobody, somebody unfit, somebody else."""


def test_nobody_there_is_an_error(lasting_peer, connect):
    robot = lasting_peer
    one = connect(robot.domain, namespace="elsewhere", patience=1.0)
    checks = {check.name: check for check in one.driver.checks()}
    assert checks["/elsewhere/cmd_vel subscriber"].verdict == "error"
    assert checks["/elsewhere/odom publisher"].verdict == "error"
    assert "no robot subscribes to /elsewhere/cmd_vel" in one.faults
    assert min(one.driver.read().ages.values()) == float("inf")


def test_a_quality_of_service_that_does_not_fit_is_named(peer, connect):
    robot = peer()
    robot.tell("qos odom best_effort")
    one = connect(robot.domain, patience=1.0)
    one.until(lambda one: "reliability" in one.faults)
    odom = next(check for check in one.driver.checks() if check.name == "/odom publisher")
    assert odom.verdict == "error"
    assert "reliability: offered best_effort, requested reliable" in odom.found
    fit = connect(robot.domain, name="fit", qos={"odom": {"reliability": "best_effort"}})
    fit.until(lambda one: one.driver.read().ages["odom"] < 0.5)


def test_a_command_of_another_type_is_named(peer, connect):
    one = connect(peer("--stamped").domain, patience=1.0)
    one.until(lambda one: "geometry_msgs/msg/TwistStamped" in one.faults)
    line = next(check for check in one.driver.checks() if "cmd_vel subscriber" in check.name)
    assert line.verdict == "error" and "stamped" in line.expected


def test_somebody_else_who_steers_is_a_fault_as_long_as_he_is_there(lasting_peer, connect):
    robot = lasting_peer
    one = connect(robot.domain).ready()
    robot.tell("publish cmd_vel 0.2 0.0")
    one.until(lambda one: "somebody else publishes to /cmd_vel" in one.faults)
    line = next(check for check in one.driver.checks() if check.name == "/cmd_vel owner")
    assert line.verdict == "error"
    robot.tell("unpublish")
    one.until(lambda one: one.faults == "")


def test_two_brains_are_each_others_fault(lasting_peer, connect):
    robot = lasting_peer
    one, other = connect(robot.domain).ready(), connect(robot.domain, name="other")
    for brain in (one, other):
        brain.until(lambda brain: "somebody else publishes" in brain.faults)
    other.driver.close()
    one.until(lambda one: one.faults == "")


def test_a_robot_that_vanishes_is_a_fault_and_comes_back(peer, connect):
    robot = peer()
    one = connect(robot.domain).ready()
    robot.kill()
    one.until(lambda one: "no robot subscribes to /cmd_vel" in one.faults)
    assert min(one.driver.read().ages.values()) > 1.0
    peer(name="again")
    one.ready()
