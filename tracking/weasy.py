"""WeasyPrint, where this machine has what it needs."""

from __future__ import annotations

import importlib
from typing import Any

from PIL import ImageFile

LIBRARIES = "apt-get install --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"


class PdfUnavailableError(Exception):
    """Pango is not installed."""


def weasyprint() -> Any:
    """The package, loaded when first wanted: it takes half a second. Raises PdfUnavailableError.

    Loading it makes Pillow take pictures that are cut short, for the whole process: that is undone.
    """
    before = ImageFile.LOAD_TRUNCATED_IMAGES
    try:
        loaded = importlib.import_module("weasyprint")
        importlib.import_module("weasyprint.images")
    except OSError as error:
        raise PdfUnavailableError(str(error)) from error
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = before
    return loaded
