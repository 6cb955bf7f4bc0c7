"""The video service behind API 2.0, as far as old clients ask it: what videos there are."""
