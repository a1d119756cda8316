"""One owner of a database and many readers: messages, server, client, authorization."""
