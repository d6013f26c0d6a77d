import ctypes
from pathlib import Path

jobs = ctypes.CDLL(str(Path(__file__).parent / "libjobs.so"))
print(jobs.jobs_run(41))
