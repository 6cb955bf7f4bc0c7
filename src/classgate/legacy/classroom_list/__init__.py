"""The class list of the 2017 protocol: pages by offset, with totals."""
