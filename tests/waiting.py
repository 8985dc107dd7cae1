"""A command that waits to be stopped, whatever it is asked: python -m tests.waiting"""

import time

if __name__ == "__main__":
    time.sleep(600)
