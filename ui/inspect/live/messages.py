"""Every sentence of the live camera."""

from collections.abc import Mapping

from inspection.names import UNFAMILIAR_TITLE

FULL = "{n} visitors use the live camera already."
FULL_FIX = "Try again in a minute, or take a photo instead."
BAD_FRAME = "That frame of the camera could not be read."
LARGE_FRAME = "That frame is larger than {side} pixels."
RELOAD = "Reload the page and start the camera again."
UNFAMILIAR = UNFAMILIAR_TITLE

LIVE: Mapping[str, str] = {
    "live": "Live camera",
    "liveHelp": "Every frame of the camera goes through all detectors",
    "label": "Live camera",
    "close": "Back to the photograph",
    "start": "Start the camera",
    "stop": "Stop",
    "hold": "Keep this picture",
    "holdHelp": "Opens the picture of this moment in the viewer (Space)",
    "anyway": "Inspect whatever it looks like",
    "anywayHelp": "By default, what does not look like the product gets no verdict",
    "offTitle": "The camera is off",
    "offSub": "Frames are inspected on this page's server and not kept. The newest one goes out "
    "only when the last answer is back.",
    "startingTitle": "Starting the camera…",
    "startingSub": "Allow the camera if the browser asks.",
    "askedTitle": "Inspecting…",
    "emptyTitle": "Waiting for a part",
    "movingTitle": "A part comes in",
    "stillSub": "It is inspected when it lies still.",
    "leaveSub": "The next part counts once the picture was empty again.",
    "hiddenTitle": "Paused while the page is hidden",
    "hiddenSub": "The camera is off, and starts again with the page.",
    "speed": "{fps} frames per second, {ms} ms behind",
    "picture": "Picture of the camera. {title}.",
    "defectBadge": "Defect",
    "normalBadge": "Normal",
    "relative": "{x} × threshold",
    "noCamera": "The camera needs https or localhost. Upload or paste a photo instead.",
    "NotAllowedError": "The browser keeps the camera from this page. Allow it in the address bar, "
    "then start again.",
    "NotFoundError": "No camera was found. Plug one in, then start again; or upload a photo.",
    "NotReadableError": "The camera does not answer; another program may use it. Close that one, "
    "then start again.",
    "otherError": "The camera cannot be started ({reason}). Try another one, or upload a photo.",
    "gone": "The camera is gone. Plug it in again, then start.",
    "slow": "The server has not answered for {n} seconds. The page goes on trying.",
    "troubleTitle": "No live picture",
    "count": "Count parts",
    "countHelp": "Each part that comes into the picture and lies still is inspected once",
    "explained": "Clear the picture, press “The picture is empty now”, then bring one part after "
    "another. A part is there when enough of the picture differs from the empty one. It is "
    "inspected once, by its first frame without motion, so that the promised rate of false alarms "
    "holds as for a photograph.",
    "setEmpty": "The picture is empty now",
    "noEmpty": "Show the empty picture first, then press “The picture is empty now”.",
    "difference": "Differs from the empty picture",
    "moved": "Moves",
    "size": "A part fills at least",
    "levels": "A pixel differs from",
    "levelsValue": "{n} grey levels",
    "rest": "It lies still for",
    "restValue": "{n} s",
    "percent": "{n} %",
    "counted": "{n} inspected, {k} flagged",
    "unlike": "{n} did not look like the product",
    "lost": "{n} came while the one before was being inspected",
    "reset": "Start again at 0",
    "stripTitle": "Flagged parts",
    "stripEmpty": "Flagged parts are kept here, the newest {n}.",
    "stripPart": "Part {n}, {x} × threshold, {time}. Open it.",
    "download": "Download as ZIP",
    "downloadHelp": "A table of all parts, and the pictures of the flagged ones above",
    "counting": "Counting of parts",
}
