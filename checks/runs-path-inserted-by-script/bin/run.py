import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "lib"))
sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "more"))

from shop import open_shop

print(open_shop())
