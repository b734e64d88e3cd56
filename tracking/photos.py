"""Pictures people send: made anew from their pixels, so that nothing else of the file is kept."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterable
from dataclasses import dataclass

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

MOST = 4  # with one message
MOST_BYTES = 8 * 1024 * 1024
MOST_PIXELS = 25_000_000
SIDE = 1600  # px, as kept
QUALITY = 82
# What phones and screenshots make; HEIF where this Pillow has learned it.
FORMATS = ("JPEG", "MPO", "PNG", "WEBP", "GIF", "HEIF")
UNREADABLE = (UnidentifiedImageError, OSError, ValueError, SyntaxError, MemoryError, EOFError, TypeError)


class BadPhotoError(Exception):
    """A file that cannot be taken. Its text is for whoever sent it."""


@dataclass(frozen=True, slots=True)
class Photo:
    """A JPEG without what the camera wrote into it."""

    content: bytes
    width: int
    height: int


def read_uploads(uploads: Iterable[UploadedFile[bytes]]) -> tuple[Photo, ...]:
    """The pictures of a form. Raises BadPhotoError, naming the file."""
    files = [upload for upload in uploads if upload]
    if len(files) > MOST:
        raise BadPhotoError(_("That is more than four photos. Choose the four that show it best."))
    return tuple(_read_upload(upload) for upload in files)


def _read_upload(upload: UploadedFile[bytes]) -> Photo:
    name = (upload.name or "")[:80]
    if (upload.size or 0) > MOST_BYTES:
        raise BadPhotoError(
            _("“%(name)s” is larger than 8 MB. Take it with a lower quality, or send a screenshot of it.")
            % {"name": name}
        )
    return read_photo(upload.read(), name)


def read_photo(content: bytes, name: str) -> Photo:
    """Turned upright, at most 1600 px, as JPEG. Raises BadPhotoError, also for a small file of endless pixels."""
    unreadable = _("“%(name)s” is not a picture we can read. JPEG and PNG always work.") % {"name": name}
    if len(content) > MOST_BYTES:
        raise BadPhotoError(unreadable)
    known = [one for one in FORMATS if one in _formats()]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the limit below is our own
            with Image.open(io.BytesIO(content), formats=known) as picture:
                if picture.width * picture.height > MOST_PIXELS:
                    raise BadPhotoError(
                        _("“%(name)s” has more than 25 million pixels. Send a smaller copy of it.")
                        % {"name": name}
                    )
                picture.draft("RGB", (SIDE, SIDE))  # a JPEG is decoded no larger than it is needed
                return _made_anew(picture)
    except (*UNREADABLE, Image.DecompressionBombError) as error:
        raise BadPhotoError(unreadable) from error


def _formats() -> dict[str, object]:
    Image.init()
    return dict(Image.OPEN)


def _made_anew(picture: Image.Image) -> Photo:
    """Smaller first, then upright: turning 25 million pixels takes long."""
    turn = picture.getexif().get(0x0112)  # Orientation
    flat = _flat(picture)
    flat.thumbnail((SIDE, SIDE), Image.Resampling.BICUBIC, reducing_gap=2.0)
    if turn in range(2, 9):
        flat.getexif()[0x0112] = turn
        flat = ImageOps.exif_transpose(flat)
    out = io.BytesIO()
    clean = Image.frombytes("RGB", flat.size, flat.tobytes())
    clean.save(out, "JPEG", quality=QUALITY, optimize=True, progressive=True)
    return Photo(out.getvalue(), clean.width, clean.height)


def _flat(picture: Image.Image) -> Image.Image:
    """What is see-through becomes white."""
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        seen = picture.convert("RGBA")
        ground = Image.new("RGB", seen.size, "white")
        ground.paste(seen, mask=seen.getchannel("A"))
        return ground
    return picture.convert("RGB")
