"""Taking in what the parties declare: a file is read in a process of its own, and stored in batches.

``child`` is the process that reads, ``reading`` watches it, ``taking`` stores what it gives, ``report``
writes down what was refused or mended, ``folder`` takes in whatever is laid into a watched folder.
"""
