"""EDIFACT and X12 messages: ITMATT, 309; air cargo has a room of its own."""
