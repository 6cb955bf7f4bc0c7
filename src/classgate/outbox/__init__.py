"""The outbox: messages to the cloud, stored in the transaction that causes them."""
