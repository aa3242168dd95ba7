"""What Gradio holds of each visitor, bounded: nothing but their own values, and not for long."""

import datetime
from types import SimpleNamespace
from typing import Any

from gradio.blocks import Block, Blocks
from gradio.state_holder import SessionState, StateHolder

MOST_SESSIONS = 500
FORGET_AFTER = datetime.timedelta(minutes=5)
"""How long a session is held that nobody has a connection to: a reload of the page is a new one."""


class Session(SessionState):
    """The values of one visitor.

    Gradio also keeps the configuration of every component with what it showed last, for deep links,
    which this page has none of: two megabytes and more. And for each output that an event leaves
    as it is, it makes a component with a new id, all of which it keeps.
    """

    def __init__(self, page: Blocks) -> None:
        # without any block to configure, which takes 0.1 s for all of them
        bare: Any = SimpleNamespace(default_config=page.default_config, blocks={})
        super().__init__(bare)

    def __setitem__(self, key: int, value: Any) -> None:
        if isinstance(value, Block):
            value._id = key
            self.blocks_config.blocks[key] = value
        else:
            super().__setitem__(key, value)
            self.config_values.clear()

    def _update_config(self, key: int) -> None:
        """Keep nothing for deep links."""

    def _update_value_in_config(self, key: int, value: Any) -> None:
        """Keep nothing for deep links."""


class Sessions(StateHolder):
    """The sessions of all visitors: those with an open connection, and recent ones."""

    def __init__(self, page: Blocks) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.set_blocks(page)
        self.capacity = MOST_SESSIONS
        self._connections: dict[str, int] = {}

    def __getitem__(self, session_id: str) -> SessionState:
        if session_id not in self.session_data:
            self.session_data[session_id] = Session(self.blocks)
        return super().__getitem__(session_id)

    def connect(self, session_id: str) -> None:
        """Note a connection that lasts, such as the heartbeat of an open page."""
        with self.lock:
            self._connections[session_id] = self._connections.get(session_id, 0) + 1

    def disconnect(self, session_id: str) -> None:
        """Note its end: from now on the session is held for a while."""
        with self.lock:
            left = self._connections.pop(session_id, 1) - 1
            if left > 0:
                self._connections[session_id] = left
            elif session_id in self.session_data:
                self.time_last_used[session_id] = datetime.datetime.now()

    def forget(self, session_id: str) -> None:
        """Forget a session that nothing more is to come of, such as a call that is answered."""
        with self.lock:
            self.session_data.pop(session_id, None)
            self.time_last_used.pop(session_id, None)

    def delete_all_expired_state(self) -> None:
        """Forget the sessions that nobody has used for a while; Gradio asks every second."""
        latest = datetime.datetime.now() - FORGET_AFTER
        for session_id, used in list(self.time_last_used.items()):
            if used < latest and session_id not in self._connections:
                self.session_data.pop(session_id, None)
                self.time_last_used.pop(session_id, None)
        queue = self.blocks._queue
        # a session begins with its first answer, and the queue ends where one that waits is gone
        waiting = {one.session_hash for one in queue.event_ids_to_events.values()}
        for held in (queue.pending_event_ids_session, queue.pending_messages_per_session):
            for session_id in held.keys() - self.session_data.keys() - waiting:
                held.pop(session_id, None)
