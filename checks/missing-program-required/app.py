import shutil
import subprocess
import sys


def main():
    pdftotext = shutil.which("pdftotext")
    if pdftotext is None:
        sys.exit("pdftotext is required")
    print(subprocess.run([pdftotext, "-v"], capture_output=True, text=True).stderr)


if __name__ == "__main__":
    main()
