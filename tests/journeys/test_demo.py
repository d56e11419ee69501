"""`./run demo --once`: the main job with a real MLflow client against the whole tree."""

import sys

from tests.config.test_tree import Tree

DEMO = ("--once", "--", sys.executable, "demo/journey.py")


def test_the_demo_plays_to_its_end_and_finds_everything_in_place_the_second_time(
    house: Tree, surroundings: dict[str, str]
) -> None:
    assert house.start(*DEMO, **surroundings).wait(600) == 0, house.said()
    told = house.said()
    assert "models:/wine-quality@champion predicts" in told
    assert told.count("refused through") == 4
    secret = (house.folder / "data" / "demo.json").stat()
    assert secret.st_mode & 0o077 == 0
    assert house.start(*DEMO, **surroundings).wait(300) == 0, house.said()
    assert "Everything is in place" in house.said()
    assert house.said().count("registered wine-quality") == 2
