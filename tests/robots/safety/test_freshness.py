"""Sensors that show the very same: frozen, or only the robot blocked."""

from embodied_mem.robots.readings import Readings
from embodied_mem.robots.safety.freshness import FrozenSensors, sample, stale
from gates import picture, wall


def watch(
    frozen: FrozenSensors, ticks: range, *, told: bool = True, measured: bool = False, **live: bool
) -> list[str]:
    """Judges at 20 Hz; a sensor that is live shows something new at every tick."""
    said = []
    for tick in ticks:
        for name, lives in live.items():
            frozen.see(name, str(tick if lives else 0).encode(), 0.05 * tick)
        said.append(frozen.judge(told, measured, 0.05 * tick))
    return said


def test_nothing_is_judged_while_the_robot_stands() -> None:
    assert not any(watch(FrozenSensors(0.6), range(100), told=False, odometry=False))


def test_a_frozen_sensor_holds_a_moving_robot_until_it_lives() -> None:
    frozen = FrozenSensors(0.6)
    said = watch(frozen, range(20), odometry=True, picture=False)
    assert not any(said[:12])
    assert "picture has not changed" in next(filter(None, said)) and said[-1] == "picture is frozen"
    # It stands now; the sensor is not trusted again for that.
    assert all(watch(frozen, range(20, 60), told=False, odometry=False, picture=False))
    assert not any(watch(frozen, range(60, 70), odometry=True, picture=True))


def test_measured_motion_is_a_witness_too() -> None:
    frozen = FrozenSensors(0.6)
    assert any(watch(frozen, range(15), measured=True, odometry=False))
    assert all(watch(frozen, range(15, 30), told=False, odometry=False))


def test_a_blocked_robot_may_try_again_but_not_for_ever() -> None:
    frozen = FrozenSensors(0.6)
    stops = []
    for trial in range(4):
        begin = 40 * trial
        said = watch(frozen, range(begin, begin + 15), odometry=False, picture=False)
        stops.append(any("nothing has moved" in why for why in said))
        rest = watch(
            frozen, range(begin + 15, begin + 40), told=False, odometry=False, picture=False
        )
        assert any(rest) == (trial >= 2)
    assert stops == [True, True, True, False]
    frozen.forgive()
    assert not any(watch(frozen, range(160, 170), odometry=False, picture=False))


def test_any_change_forgives_earlier_trials() -> None:
    frozen = FrozenSensors(0.6)
    for trial in range(6):
        begin = 40 * trial
        watch(frozen, range(begin, begin + 15), odometry=False)
        assert not any(watch(frozen, range(begin + 16, begin + 20), told=False, odometry=True))


def test_pictures_are_told_apart_by_colour_and_depth() -> None:
    one, same, other = (
        sample(picture(wall(depth), taken=0.0, number=number))
        for depth, number in ((1.0, 1), (1.0, 1), (1.0, 2))
    )
    assert one == same != other
    assert sample(picture(wall(1.01), taken=0.0, number=1)) != one


def test_the_age_grows_after_readings_were_put_together() -> None:
    readings = Readings(time=5.0, ages={"odom": 0.3})
    assert stale(readings, ("odom",), 0.4, 5.0) == ""
    assert "odom is 0.45 s old" in stale(readings, ("odom",), 0.4, 5.15)
    assert "inf" in stale(readings, ("depth",), 0.4, 5.0)
    assert stale(readings, (), 0.4, 99.0) == ""
