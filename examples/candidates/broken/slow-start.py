"""Takes two seconds to start, and is right from then on."""
import time

from relu import serve

serve("slow-start", before_start=lambda: time.sleep(2))
