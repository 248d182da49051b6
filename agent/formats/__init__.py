"""Readers of files, manifests and published lists: bytes in, rows or refusals out; no I/O, and no rule.

``detect.read`` is the one way in for manifests. The centre may use these readers too.
"""
