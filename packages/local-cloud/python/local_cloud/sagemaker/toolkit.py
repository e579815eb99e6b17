"""How a script finds its hyperparameters, its command line and its packages.

After sagemaker-training-toolkit, which all of SageMaker's framework images run:
https://github.com/aws/sagemaker-training-toolkit
"""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

#: A line of what uv would install: ` + name==version`, or ` + name @ file:///…`.
_WOULD_INSTALL = re.compile(r"^ \+ (.+)$", re.MULTILINE)
_ERROR_CHARACTERS = 600


class InstallError(Exception):
    """Packages that could not be installed, in the words of a failed job."""


def decoded(value: str) -> Any:
    """A hyperparameter as the toolkit reads it: JSON where it is JSON, else the text itself."""
    try:
        return json.loads(value)
    except ValueError:
        return value


def variable(value: Any) -> str:
    """A hyperparameter as the text of a variable (mapping.py, to_env_vars)."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, separators=(",", ":"))


def _argument(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dict):
        return ",".join(f"{key}={item}" for key, item in sorted(value.items()))
    return str(value)


def arguments(hyperparameters: Mapping[str, Any]) -> list[str]:
    """Hyperparameters as a command line: `True`, not `true` (mapping.py, to_cmd_args)."""
    found: list[str] = []
    for name, value in sorted(hyperparameters.items()):
        found += [f"-{name}" if len(name) == 1 else f"--{name}", _argument(value)]
    return found


def command(python: str, code: Path, program: str, given: list[str]) -> list[str]:
    """How an entry point is run: by Python, or else by a shell (process.py). One that is not there fails as it runs."""
    if program.endswith(".py"):
        return [python, program, *given]
    if (code / program).is_file():
        (code / program).chmod(0o777)
    return ["/bin/sh", "-c", shlex.join([f"./{program}", *given])]


def install(python: str, code: Path, site: Path) -> bool:
    """Brings into `site` what requirements.txt asks for and the interpreter lacks; says whether that was anything.

    Raises InstallError in the words of the installer.
    """
    if not (code / "requirements.txt").is_file():
        return False
    wanted = _WOULD_INSTALL.findall(_uv(python, code, "--dry-run", "-r", "requirements.txt"))
    if wanted:
        # Alone, and without what they need: uv looks at the target only, and would bring again what the image has.
        _uv(python, code, "--target", str(site), "--no-deps", *wanted)
    return bool(wanted)


def _uv(python: str, code: Path, *options: str) -> str:
    done = subprocess.run(
        ["uv", "pip", "install", "--python", python, *options], cwd=code, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise InstallError(f"InstallRequirementsError: {done.stderr.strip()[-_ERROR_CHARACTERS:]}")
    return done.stderr
