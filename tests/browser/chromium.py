"""Where the browser tests find a Chromium: ``python -m tests.browser.chromium`` fetches one.

This module knows no test; what it cannot find or install it says in one sentence.
"""

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

__all__ = ["FLAGS", "find", "install"]

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

FLAGS = (
    "--disable-background-networking",  # no look-ups of its maker's hosts
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
    "--no-first-run",
    "--no-sandbox",  # a sandbox inside a container needs rights that root there does not have
)


def find() -> str | None:
    """Path of the first Chromium on PATH, else of the one that Playwright downloaded."""
    named = (shutil.which(name) for name in NAMES)
    return next((path for path in named if path), None) or _downloaded()


def _downloaded() -> str | None:
    """Path of Playwright's own Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def install() -> None:
    """Debian's package where we may install it, else Playwright's download."""
    if _is_debian() and os.geteuid() == 0:
        os.environ["DEBIAN_FRONTEND"] = "noninteractive"
        subprocess.run(["apt-get", "update", "-qq"], check=False)
        subprocess.run(["apt-get", "install", "-qq", "-y", "chromium"], check=False)
    if not find():
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)


def _is_debian() -> bool:
    """Ubuntu's chromium is a stub for another package system, so only Debian itself counts."""
    try:
        return platform.freedesktop_os_release().get("ID") == "debian"
    except OSError:
        return False


if __name__ == "__main__":
    if not find():
        install()
    sys.exit(not find() and "no Chromium: install one, so that `chromium` is on PATH")
