"""Done first of all in the packed program: fits it and the computer it came to to each other."""

import os
import sys
from pathlib import Path

# Where systems keep the certificates that they trust: Debian, Ubuntu, Arch; Fedora, Red Hat; openSUSE; macOS, Alpine.
CERTIFICATES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)


def find_certificates() -> None:
    """Lets datasets be fetched: the OpenSSL that was packed looks where the packing computer had its certificates.

    Windows keeps them elsewhere, where Python finds them.
    """
    if sys.platform == "win32" or os.environ.get("SSL_CERT_FILE") or os.environ.get("SSL_CERT_DIR"):
        return
    for path in CERTIFICATES:
        if Path(path).is_file():
            os.environ["SSL_CERT_FILE"] = path
            return


def give_libraries_back() -> None:
    """Lets programs of the system, such as a browser, start with their own libraries and not with ours.

    The starter sets the variable for this process alone, and the loader has read it by now.
    https://pyinstaller.org/en/stable/common-issues-and-pitfalls.html
    """
    if sys.platform.startswith("linux"):
        before = os.environ.pop("LD_LIBRARY_PATH_ORIG", None)
        os.environ.pop("LD_LIBRARY_PATH", None)
        if before is not None:
            os.environ["LD_LIBRARY_PATH"] = before


find_certificates()
give_libraries_back()
