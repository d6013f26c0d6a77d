import ctypes

try:
    run = ctypes.CDLL("/app/libjobs.so").jobs_run
except OSError:
    def run(number):
        return number

print(run(42))
