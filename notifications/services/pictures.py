"""Images in messages: made anew from their pixels, kept once each, taken again from those there are."""

from __future__ import annotations

import hashlib
import io
import warnings

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

from notifications.models import Picture
from tenants import audit
from tenants.models import Shop
from tenants.services import Actor

MOST_BYTES = 2 * 1024 * 1024
MOST_PIXELS = 4_000_000
MOST_OF_A_SHOP = 500
WIDTH, HEIGHT = 1120, 2240  # px, as kept: twice a mail's width, so that they are sharp on phones
FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
UNREADABLE = (UnidentifiedImageError, OSError, ValueError, SyntaxError, MemoryError, EOFError, TypeError)


def keep_picture(*, shop: Shop, upload: bytes, name: str, by: Actor) -> Picture:
    """The image as it is shown; the same one twice is kept once. Raises ValidationError. SVG is refused: it can carry scripts."""
    kind, content, width, height = read_picture(upload)
    digest = hashlib.sha256(content).hexdigest()[:32]
    pictures = Picture.objects.for_shop(shop)
    held: Picture | None = pictures.filter(digest=digest).first()
    if held:
        return held
    if pictures.count() >= MOST_OF_A_SHOP:
        raise ValidationError(_("A shop keeps at most %(most)s images.") % {"most": MOST_OF_A_SHOP})
    picture: Picture
    picture, made = pictures.get_or_create(
        shop=shop, digest=digest,
        defaults={"kind": kind, "content": content, "width": width, "height": height, "name": name[:120]},
    )  # fmt: skip
    if made:
        audit.record(
            shop=shop, actor=by.name, role=by.role, address=by.address, action="picture.added", subject=digest
        )
    return picture


def read_picture(upload: bytes) -> tuple[str, bytes, int, int]:
    """Kind, bytes, width, height: JPEG, or PNG where something is see-through. Raises ValidationError."""
    if len(upload) > MOST_BYTES:
        raise ValidationError(_("The image is larger than 2 MB: save it smaller and try again."))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the limit below is our own
            with Image.open(io.BytesIO(upload), formats=FORMATS) as picture:
                if picture.width * picture.height > MOST_PIXELS:
                    raise ValidationError(
                        _("The image has more than 4 million pixels: save it smaller and try again.")
                    )
                picture.seek(0)
                return _made_anew(ImageOps.exif_transpose(picture))
    except (*UNREADABLE, Image.DecompressionBombError) as error:
        raise ValidationError(
            _("This is not a PNG, JPEG, WebP or GIF picture. SVG is not accepted.")
        ) from error


def _made_anew(picture: Image.Image) -> tuple[str, bytes, int, int]:
    is_clear = picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info
    mode = "RGBA" if is_clear else "RGB"
    kept = picture.convert(mode)
    kept.thumbnail((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    clean = Image.frombytes(mode, kept.size, kept.tobytes())
    out = io.BytesIO()
    if is_clear:
        clean.save(out, "PNG", optimize=True)
    else:
        clean.save(out, "JPEG", quality=84, optimize=True, progressive=True)
    return ("png" if is_clear else "jpeg"), out.getvalue(), clean.width, clean.height
