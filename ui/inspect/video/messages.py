"""Every sentence of the view of a video."""

from collections.abc import Mapping

GONE = "That video is no longer on the server."
GONE_FIX = "Choose it again."
SPARSER = (
    "At most {most} frames of a video are inspected here, of this one every {every:.1f} seconds; "
    "`python cli.py inspect` takes as many as you want."
)
CUT = "Only the first {most} frames were inspected; `python cli.py inspect` takes them all."

VIDEO: Mapping[str, str] = {
    "video": "Video file",
    "videoHelp": "Scores over time for every detector",
    "label": "Video file",
    "close": "Back to the photograph",
    "choose": "Choose a video",
    "again": "Inspect again",
    "stop": "Stop",
    "offTitle": "Choose a video, or drop one here",
    "offSub": "MP4, MOV, MKV, WebM or AVI, up to {most} MB. Frames are inspected one after "
    "another, each as a photograph.",
    "sending": "{name}: {percent} % has arrived.",
    "runningTitle": "Inspecting {name}…",
    "runningSub": "{n} of about {all} frames, {k} flagged.",
    "doneTitle": "{name}: {k} of {n} frames flagged",
    "stoppedTitle": "{name}: stopped, {k} of {n} frames flagged",
    "doneSub": "A click on the curves opens that frame in the viewer.",
    "troubleTitle": "This video cannot be inspected",
    "partTitle": "{name}: {k} of {n} frames flagged, then it ended",
    "lost": "The server has stopped. Inspect it again.",
    "perSecond": "Frames per second",
    "anyway": "Inspect whatever it looks like",
    "chart": "Score over time, in thresholds",
    "chartLabel": "Scores of {names} over {seconds} seconds; {k} of {n} frames are flagged.",
    "peaks": "Peaks",
    "peak": "{x} × at {time} s",
    "opening": "Opening the frame at {time} s…",
    "together": "Together",
    "csv": "CSV",
    "csvHelp": "A row per frame: time, outcome and score of every detector in thresholds",
    "seconds": "{n} s",
}
