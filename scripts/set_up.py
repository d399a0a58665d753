"""Make a virtual environment from a hash-locked requirements file: ``python3 scripts/set_up.py requirements.txt``.

The folder is .venv, or the second argument.

Runs before anything is installed, on whatever Python the machine has, so it uses the standard library and old syntax
only. Does nothing when the environment already holds exactly that file. Ends with one clear line when it cannot.
"""

import hashlib
import os
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
NAME = sys.argv[2] if len(sys.argv) > 2 else ".venv"
VENV = os.path.join(ROOT, NAME)
BIN = os.path.join(VENV, "Scripts" if os.name == "nt" else "bin")
PYTHON = os.path.join(BIN, "python")
STAMP = os.path.join(VENV, "installed.txt")
OURS = os.path.join(VENV, "made-by-gatehouse")
LAUNCHER = """#!%s
import sys

sys.path.insert(0, %r)
from app.cli import main

sys.exit(main())
"""


def stop(message):
    """Print one line and end with exit code 2."""
    sys.stderr.write("Gatehouse cannot be set up: %s\n" % message)
    sys.exit(2)


def main():
    """Bring the environment up to date."""
    if sys.version_info < (3, 11):
        stop(
            "it needs Python 3.11 or newer, and this is %d.%d. Install a newer one, then: make PYTHON=python3.12 demo"
            % sys.version_info[:2]
        )
    lock = os.path.join(ROOT, sys.argv[1])
    with open(lock, "rb") as file:
        text = file.read()
    wanted = "%s %s" % (sys.version.split()[0], hashlib.sha256(text).hexdigest())
    if wanted in installed():
        return
    create()
    install(lock)
    with open(os.path.join(BIN, "gatehouse"), "w") as file:
        file.write(LAUNCHER % (PYTHON, ROOT))
    os.chmod(os.path.join(BIN, "gatehouse"), 0o755)
    with open(STAMP, "w") as file:
        file.write(wanted + "\n" + "".join(line + "\n" for line in installed() if sys.argv[1] == "requirements.txt"))
        if sys.argv[1] != "requirements.txt":  # the development file contains the other whole
            with open(os.path.join(ROOT, "requirements.txt"), "rb") as other:
                file.write("%s %s\n" % (sys.version.split()[0], hashlib.sha256(other.read()).hexdigest()))


def installed():
    """What the environment holds: a line per requirements file, none when the environment does not run."""
    try:
        subprocess.check_output([PYTHON, "-c", ""], stderr=subprocess.STDOUT)
        with open(STAMP) as file:
            return file.read().splitlines()
    except (OSError, subprocess.CalledProcessError):
        return []


def create():
    """Make an empty environment."""
    try:
        import ensurepip  # noqa: F401
        import venv
    except ImportError:
        stop("Python's venv module is missing. On Debian and Ubuntu: sudo apt install python3-venv")
    print("Setting up %s (once; takes about half a minute) ..." % NAME)
    sys.stdout.flush()
    try:
        if os.path.exists(VENV) and not os.path.exists(OURS):
            stop("there is a %s here that it did not make. Move it away, or remove it: rm -rf %s" % (NAME, NAME))
        if os.path.isdir(VENV):
            shutil.rmtree(VENV)
        venv.create(VENV, with_pip=True, symlinks=os.name != "nt")
        open(OURS, "w").close()
    except (OSError, subprocess.CalledProcessError) as error:
        stop("%s could not be made (%s). Is the disk full, or the folder read-only?" % (NAME, error))


def install(lock):
    """Install the locked packages, showing which one is at hand."""
    command = [PYTHON, "-m", "pip", "install", "--require-hashes", "--no-deps", "--only-binary", ":all:", "-r", lock]
    command += ["--disable-pip-version-check", "--progress-bar", "off", "--no-input"]
    pip = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True)
    total, done, tail = count(lock), 0, []
    for line in pip.stdout:
        tail = (tail + [line.strip()])[-3:]
        if line.startswith(("Collecting ", "Processing ")):
            done += 1
            print("  [%2d/%d] %s" % (done, total, name_of(line)))
        elif line.startswith("Installing collected"):
            print("  installing ...")
        sys.stdout.flush()
    if pip.wait() != 0:
        stop("a package could not be installed; is the network reachable? pip says: %s" % " | ".join(tail))


def count(lock):
    """How many packages of the file are for this machine."""
    script = (
        "import sys; from pip._vendor.packaging.requirements import Requirement as R; "
        "found = [R(line.rstrip(' \\\\\\n')) for line in open(sys.argv[1]) if '==' in line]; "
        "print(len([one for one in found if one.marker is None or one.marker.evaluate()]))"
    )
    return int(subprocess.check_output([PYTHON, "-c", script, lock]))


def name_of(line):
    """The package that a line of pip's is about."""
    word = os.path.basename(line.split()[1])
    return word.split("-")[0] if word.endswith(".whl") else word.split("=")[0]


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        stop("it was interrupted. Run the same command again; it goes on from the start.")
