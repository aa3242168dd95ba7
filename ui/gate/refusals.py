"""What a visitor is told whose request is not answered: a status and a sentence."""


class Refused(Exception):  # noqa: N818 (it is no error of the program)
    """A request that is not answered.

    Attributes:
        status: of HTTP, 400 to 503.
        sentence: the problem and what to do; it repeats nothing of what was sent.
        wait: seconds after which it may be sent again; None if it never will do.
    """

    def __init__(self, status: int, sentence: str, *, wait: int | None = None) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence
        self.wait = wait


NOT_HERE = "There is nothing at this address. Open the page itself."
NOT_UNDERSTOOD = "That request could not be understood. Reload the page and try again."
NO_CALL = (
    "The values of that call could not be understood. Send each by its name, in a JSON object; "
    "Use via API, at the foot of the page, lists them."
)
NO_EVENT = "There is no such call, or its answer has been read. Call the endpoint again."
TOO_LARGE = "That is more than the page takes. Send less."
TOO_OFTEN = "That was too much at once. Wait a few seconds and try again."
QUEUE_FULL = "Too many images are waiting at the moment. Try again in a minute."
STOPPING = "The page is being stopped. Try again later."
NOT_LET_IN = "This page has a password: give it in a browser, or in the header Authorization."


def refuse() -> Refused:
    """Return the refusal of what the page itself never sends."""
    return Refused(400, NOT_UNDERSTOOD)
