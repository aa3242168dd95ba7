"""Learning runs in a process of its own: in turn, stopped, paused, crashed, and after a reload."""

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from inspection.errors import SettingsError
from inspection.products.learning import LearningQueue, Word
from inspection.products.learning_state import Phase, load_state
from inspection.products.own import OwnProducts
from tests.products.test_own import fill

PROCESS = """
import json, os, sys, time
from pathlib import Path
job = json.loads(sys.stdin.readline())
folder = Path(job["checkpoints"]) / job["name"]
def say(event, detector="", **values):
    print(json.dumps({"event": event, "detector": detector, **values}), flush=True)
print("a library says hello", flush=True)
for name in job["detectors"]:
    say("begin", name)
    say("share", name, share=0.5, step="learning")
    (folder / f"{name}.tmp-half").mkdir()
    AT_WORK
    say("kept", name, seconds=1.0, result={"found": 1})
"""
WAIT_FOR_WORD = """
    for line in sys.stdin:
        word = line.strip()
        if word == "pause": say("paused")
        if word == "go": say("goes on"); break
        if word == "stop": sys.exit(0)
"""


def seconds(until: Callable[[], bool], most: float = 60.0) -> None:
    """Wait until something holds."""
    end = time.monotonic() + most
    while not until():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.fixture
def own(tmp_path: Path) -> OwnProducts:
    own = OwnProducts(tmp_path / "own", tmp_path / "checkpoints" / "own")
    fill(own, "bracket", bad=0)
    fill(own, "gear", bad=0)
    return own


Make = Callable[[str], LearningQueue]


@pytest.fixture
def make(own: OwnProducts) -> Iterator[Make]:
    made = []

    def make_queue(at_work: str = "pass") -> LearningQueue:
        code = PROCESS.replace("AT_WORK", at_work.strip())
        made.append(LearningQueue(own, [sys.executable, "-c", code]))
        return made[-1]

    yield make_queue
    for queue in made:
        queue.close(30)


def phase(queue: LearningQueue, name: str = "bracket") -> Phase:
    state = queue.find(name)
    assert state is not None
    return state.phase


def problem(queue: LearningQueue) -> str:
    state = queue.find("bracket")
    assert state is not None
    return state.problem


def test_detectors_learn_and_a_second_page_knows_it(make: Make, own: OwnProducts) -> None:
    queue = make("pass")
    queue.ask("bracket", ["patchcore", "cae"])
    queue.wait(60)
    assert phase(queue) is Phase.DONE
    kept = load_state(own.checkpoints / "bracket")
    assert kept == queue.find("bracket")
    assert kept is not None
    assert [one.result for one in kept.detectors.values()] == [{"found": 1}] * 2
    assert len(kept.ids) == 6
    assert list((own.checkpoints / "bracket").glob("*.tmp-*")) == []
    queue.ask("bracket", ["cae"])
    state = queue.find("bracket")
    assert state is not None
    assert state.version == 2


def test_two_learn_one_after_the_other_and_none_twice_at_once(make: Make) -> None:
    queue = make(WAIT_FOR_WORD)
    queue.ask("bracket", ["cae"])
    seconds(lambda: phase(queue) is Phase.LEARNING)
    queue.ask("gear", ["cae"])
    with pytest.raises(SettingsError, match="bracket is learning"):
        queue.ask("bracket", ["cae"])
    with pytest.raises(SettingsError, match="gear is learning"):
        queue.ask("gear", ["cae"])
    waiting = queue.snapshot("gear")
    assert waiting is not None
    assert waiting["place"] == 1
    queue.tell("gear", Word.STOP)
    assert phase(queue, "gear") is Phase.STOPPED
    queue.tell("bracket", Word.GO)
    queue.wait(60)
    assert phase(queue) is Phase.DONE


def test_a_pause_is_told_and_ends(make: Make) -> None:
    queue = make(WAIT_FOR_WORD)
    queue.ask("bracket", ["cae"])
    seconds(lambda: phase(queue) is Phase.LEARNING)
    queue.tell("bracket", Word.PAUSE)
    seconds(lambda: phase(queue) is Phase.PAUSED)
    queue.tell("bracket", Word.GO)
    queue.wait(60)
    assert phase(queue) is Phase.DONE


def test_a_stop_keeps_what_is_finished_and_nothing_half(make: Make, own: OwnProducts) -> None:
    queue = make(WAIT_FOR_WORD)
    queue.ask("bracket", ["patchcore", "cae"])
    seconds(lambda: phase(queue) is Phase.LEARNING)
    queue.tell("bracket", Word.STOP)
    queue.wait(60)
    assert phase(queue) is Phase.STOPPED
    assert problem(queue) == "It was stopped. What was finished is kept."
    assert list((own.checkpoints / "bracket").glob("*.tmp-*")) == []


@pytest.mark.parametrize(
    ("at_work", "sentence"),
    [
        ("sys.exit(3)", "has ended unexpectedly (code 3)"),
        ("os.kill(os.getpid(), 9)", "most likely since memory ran out"),
        ("say('failed', name, problem='The disk is full. Free some.'); sys.exit(2)", "The disk is"),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals")
def test_a_crash_is_a_sentence_and_leaves_nothing_half(
    make: Make, own: OwnProducts, at_work: str, sentence: str
) -> None:
    queue = make(at_work)
    queue.ask("bracket", ["cae"])
    queue.wait(60)
    assert phase(queue) is Phase.FAILED
    assert sentence in problem(queue)
    assert list((own.checkpoints / "bracket").glob("*.tmp-*")) == []


def test_a_command_that_is_not_there_is_a_sentence(own: OwnProducts) -> None:
    queue = LearningQueue(own, ["/nowhere/python"])
    queue.ask("bracket", ["cae"])
    queue.wait(60)
    assert phase(queue) is Phase.FAILED
    assert "cannot begin" in problem(queue)


def test_after_the_page_has_ended_the_next_one_says_so(make: Make, own: OwnProducts) -> None:
    queue = make(WAIT_FOR_WORD)
    queue.ask("bracket", ["cae"])
    seconds(lambda: phase(queue) is Phase.LEARNING)
    seconds((own.checkpoints / "bracket" / "cae.tmp-half").is_dir)
    later = LearningQueue(own, ["unused"])
    assert phase(later) is Phase.STOPPED
    assert "The page was closed" in problem(later)


def test_nothing_is_asked_without_a_detector(make: Make) -> None:
    with pytest.raises(SettingsError, match="No detector is chosen"):
        make("pass").ask("bracket", [])
