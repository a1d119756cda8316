"""Who may write into a session's database is decided once, when it is attached."""

from contextlib import closing

import pytest

from quantlive_nb.errors import StoreError
from quantlive_nb.live.attachment import Attachment
from quantlive_nb.share.client import RemoteStore
from quantlive_nb.share.server import find
from quantlive_nb.store import Store
from tests.owner import owner


def test_an_own_database_is_written_and_read():
    """Reader and writer are the same store; there is nobody to send commands to."""
    with closing(Store()) as store:
        attached = Attachment.own(store)

        assert attached.reader is attached.owned is attached.writer is store
        assert attached.client is None


def test_the_database_of_another_process_is_only_read(tmp_path):
    """To write is refused in one sentence; commands go through the client."""
    path = str(tmp_path / "t.duckdb")
    with owner(path), closing(RemoteStore(path, find(path))) as client:
        attached = Attachment.follow(client)

        assert attached.reader is attached.client is client
        assert attached.owned is None
        with pytest.raises(StoreError, match="another process records into it: it is only read"):
            _ = attached.writer
