"""Starts a script in a processing container, as the framework images do by themselves for training.

Unpacks the source archive that lies beside this file, installs requirements.txt when something of it is missing, and
becomes the script. Runs on every Python from 3.7 on, with nothing but the standard library.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
from pathlib import Path

OPTION_THAT_ADDS_NOTHING = re.compile(r"--(require-hashes|index-url|extra-index-url|trusted-host)\b")
HASH = re.compile(r"\s--hash[= ]\S+")
COMMENT = re.compile(r"(^|\s)#.*$")


def unpack(archive: Path, folder: Path) -> None:
    """Unpack the archive into the folder; refuse members that are no plain files or folders inside it."""
    root = folder.resolve()
    with tarfile.open(archive) as tar:
        for member in tar.getmembers():
            target = (root / member.name).resolve()
            if target != root and root not in target.parents:
                raise SystemExit(f"{archive.name} holds {member.name}, which lies outside of it")
            if not (member.isfile() or member.isdir()):
                raise SystemExit(f"{archive.name} holds {member.name}, which is no plain file")
        tar.extractall(root)


def requirement_lines(text: str) -> list[str]:
    """Give the requirements of a file, one each, without comments, hashes and options that add nothing."""
    lines = (COMMENT.sub("", line) for line in text.replace("\\\n", " ").splitlines())
    stripped = (HASH.sub("", line).strip() for line in lines)
    return [line for line in stripped if line and not OPTION_THAT_ADDS_NOTHING.match(line)]


def is_satisfied(line: str) -> bool:
    """Tell whether a requirement is met already; anything that cannot be judged counts as not met."""
    try:
        from importlib.metadata import version

        try:
            from packaging.requirements import Requirement
        except ImportError:
            from pip._vendor.packaging.requirements import Requirement
        requirement = Requirement(line)
        if requirement.marker is not None and not requirement.marker.evaluate():
            return True
        return requirement.url is None and requirement.specifier.contains(
            version(requirement.name), prereleases=True
        )
    except (ImportError, TypeError, ValueError):
        return False


def install(requirements: Path) -> None:
    """Install the requirements, unless all of them are there."""
    missing = [line for line in requirement_lines(requirements.read_text("utf-8")) if not is_satisfied(line)]
    if not missing:
        return
    print(f"installing {requirements.name}: {', '.join(missing)}", flush=True)
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--requirement", str(requirements)]
    code = subprocess.run(command, check=False).returncode
    if code != 0:
        raise SystemExit(f"pip could not install {requirements.name} (exit code {code})")


def main(script: str, arguments: list[str]) -> None:
    """Prepare the source folder and become the script, so that signals and the exit code are its own."""
    here = Path(__file__).resolve().parent
    source = here / "source"
    source.mkdir(exist_ok=True)
    unpack(here / "sourcedir.tar.gz", source)
    requirements = source / "requirements.txt"
    if requirements.is_file():
        install(requirements)
    os.chdir(source)
    os.environ["PYTHONUNBUFFERED"] = "1"
    os.execv(sys.executable, [sys.executable, str(source / script), *arguments])


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
