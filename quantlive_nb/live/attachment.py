"""Who may write: a session's database, owned by this process or read as a client of its owner."""

from dataclasses import dataclass
from typing import Self

from quantlive_nb.errors import StoreError
from quantlive_nb.share.client import RemoteStore
from quantlive_nb.store import Reader, Writer

__all__ = ["Attachment"]


@dataclass(frozen=True, slots=True)
class Attachment:
    """The database of a session; made by :meth:`own` or :meth:`follow`.

    Attributes
    ----------
    reader : Reader
        What every question is asked of.
    owned : Writer or None
        The same database, where this process may write into it.
    client : RemoteStore or None
        The same database, where another process owns it: commands go through this.

    Examples
    --------
    >>> from quantlive_nb.store import Store
    >>> attached = Attachment.own(Store())
    >>> attached.writer is attached.reader, attached.client
    (True, None)
    >>> attached.reader.close()
    """

    reader: Reader
    owned: "Writer | None"
    client: "RemoteStore | None"

    @classmethod
    def own(cls, store: Writer) -> Self:
        """A database of this process."""
        return cls(store, store, None)

    @classmethod
    def follow(cls, client: RemoteStore) -> Self:
        """A database that another process owns and shares."""
        return cls(client, None, client)

    @property
    def writer(self) -> Writer:
        """The database to write into.

        Raises
        ------
        StoreError
            Where another process owns it.
        """
        if self.owned is None:
            raise StoreError(self.reader.path, "another process records into it: it is only read")
        return self.owned
