"""Every sentence of the tab New product."""

from collections.abc import Mapping

PARTS: Mapping[str, str] = {
    "which": "Product",
    "newName": "New product",
    "example": "such as bracket 12",
    "make": "Make it",
    "rename": "Rename",
    "step1": "Photographs",
    "step2": "A look before learning",
    "step3": "Learn",
    "step4": "What it can do",
    "show": "The photographs show",
    "good": "good parts",
    "bad": "defective parts",
    "type": "Kind of defect",
    "typeExample": "such as scratch",
    "drop": "Drop photographs, a folder or a ZIP here",
    "kinds": "JPEG · PNG · TIFF · BMP · WebP · HEIC. The originals stay as they are.",
    "files": "Choose files",
    "folder": "Choose a folder",
    "camera": "Camera",
    "datasets": "A folder of a dataset",
    "copy": "Copy its images",
    "take": "Take a photograph",
    "close": "Close the camera",
    "arrivedLabel": "Photographs that have arrived",
    "click": "A click leaves a photograph out, another takes it in again. No file is deleted.",
    "oddTitle": "Unlike the rest",
    "outAll": "Leave them all out",
    "learn": "Learn",
    "pause": "Pause",
    "go": "Go on",
    "stop": "Stop",
    "open": "Inspect",
    "forget": "Delete what was learned",
    "advice": "What to do next",
}
TEXTS: Mapping[str, str] = {
    "none": "none yet",
    "arriving": "{done} of {total} have arrived.",
    "arrived": "{taken} taken.",
    "arrivedSome": "{taken} taken, {refused} not:",
    "sending": "{done} of {total} have arrived; {name}: {percent} %.",
    "failed": "{name} did not arrive. Check the connection, and give it again.",
    "tooLarge": "{name} has {size} MB; at most {most} MB arrive at once. Unpack it, and give the "
    "folder.",
    "lost": "The server has not answered. Reload the page; what has arrived is kept.",
    "firstName": "my part",
    "noFolders": "No folder with images lies below the datasets of this page: "
    "`python app.py --data DIR` adds one.",
    "noType": "Say what is wrong with these parts first, such as scratch.",
    "good": "Good parts",
    "bad": "Defective: {type}",
    "leftOut": "left out",
    "leaveOut": "{name}: leave it out",
    "takeIn": "{name}: take it in again",
    "oddOne": "1 photograph looks unlike the rest: leave it out?",
    "oddMany": "{n} photographs look unlike the rest: leave them out?",
    "out": "Leave out",
    "sureForget": "Delete what {name} has learned? The photographs stay, and it can learn again.",
    "newName": "New name of {name}",
    "noCamera": "The camera needs https or localhost. Choose files instead.",
    "cameraRefused": "The browser keeps the camera away. Allow it there, or choose files.",
    "cameraMissing": "No camera was found. Choose files instead.",
    "cameraBusy": "Another program may have the camera. Close that, or choose files.",
    "cameraGone": "The camera is gone. Connect it again, or choose files.",
    "curve": "Loss of {name} by epoch: training (thin) and validation (thick)",
}
NOT_HERE = "This page makes no products: it was started without a folder for them."
NOT_UNDERSTOOD = "This was not understood."
RELOAD = "Reload the page."
GONE = "The upload is gone."
GIVE_AGAIN = "Give the file again."
MADE = "{name} is made. Add photographs of good parts."
RENAMED = "It is called {name} now."
FORGOTTEN = "What {name} had learned is deleted. Its photographs are kept."
NOTHING_LEARNED = "{name} has learned nothing yet."
FOLDER = "Copies of the photographs lie in {folder}, as a dataset that everything here can read."
LOOKING = "{done} of {total} photographs are looked at."
ESTIMATE = "takes {duration} on this machine"
WAITING_AT = "waits: {n} ahead of it"
STEPS: Mapping[str, str] = {
    "": "begins",
    "learning": "learns",
    "calibrating": "sets its threshold",
    "comparing": "learns what the product looks like",
    "measuring": "is tried on photographs that it has not seen",
    "looking for white": "reads the photographs",
    "reading": "reads the photographs",
}
DETECTOR: Mapping[str, str] = {
    "waiting": "waits",
    "paused": "is paused at {percent} %",
    "learning": "{step}, {percent} %{left}",
    "done": "ready, {seconds}",
    "stopped": "was stopped",
    "failed": "was not finished",
}
LEFT = ", {duration} left"
PRODUCT_PHASE: Mapping[str, str] = {
    "waiting": "waits",
    "learning": "is learning",
    "paused": "is paused",
    "done": "has learned",
    "stopped": "was stopped",
    "failed": "was not finished",
}
REAL = "found {found} of {defects} defective photographs"
REAL_GOOD = "and {alarms} on {good} good ones that it had not seen"
ALARM, ALARMS = "raised 1 false alarm", "raised {alarms} false alarms"
DRAWN = "found {found} of {drawn} defects drawn on held-out photographs"
DRAWN_WHY = " (no photograph shows a real one)"
RATE = "at {rate:.2g} false alarms per 100 good parts"
BLIND = "It hardly sees drawn defects, and does not count in the joint verdict."
NEXT_TRY = "Inspect a photograph that it has not seen: {name}."
NEXT_NEW = "Drop a new photograph in Inspect, or take one there with the camera."
NEXT_MORE = (
    "{more} more good photographs would lower the false alarms from {now:.2g} to {then:.2g} per "
    "100 good parts."
)
NEXT_DEFECTS = (
    "Add some photographs of defective parts: then it is measured how many are found, instead of "
    "judging by drawn ones. Nothing is learned from them."
)
NEXT_TYPES = "See in Results which defects are missed, and in Sensitivity how small ones may be."
NEXT_OUTDATED = "The photographs have changed since: learn again to take the new ones in."
