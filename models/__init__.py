"""Models: a parcel's risk, a description's vagueness and chapters; rules lie in agent.domain."""

import os

# From 1.29 on onnxruntime's Linux wheels report to their maker unless this is set before the first import;
# `disable_telemetry_events()` comes too late. Unconditional: no environment may switch it on again.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
