"""Pictures are made anew: upright, small, without what the camera wrote; what is none, or too much, is refused."""

import io
import struct
import zlib

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from tests.tracking.tickets import picture
from tracking.photos import BadPhotoError, read_photo, read_uploads


def opened(photo):
    return Image.open(io.BytesIO(photo.content))


def upload(content, name="photo.jpg"):
    return SimpleUploadedFile(name, content)


def bomb(width, height):
    """A PNG of a few bytes that claims to be enormous."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 9000))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("kind,mode", [("JPEG", "RGB"), ("JPEG", "L"), ("JPEG", "CMYK"), ("PNG", "RGBA"), ("PNG", "P"),
                                       ("PNG", "1"), ("WEBP", "RGB"), ("GIF", "P")])  # fmt: skip
def test_whatever_a_phone_or_a_screenshot_is_becomes_a_jpeg(kind, mode):
    photo = read_photo(picture(kind, mode=mode), "a")
    assert (opened(photo).format, opened(photo).mode, photo.width, photo.height) == ("JPEG", "RGB", 64, 48)


def test_a_large_picture_becomes_1600_px_and_keeps_its_shape():
    photo = read_photo(picture(size=(4000, 3000)), "a")
    assert (photo.width, photo.height) == (1600, 1200)
    assert opened(photo).size == (1600, 1200)


def test_a_picture_stands_upright_and_forgets_where_it_was_taken():
    exif = Image.Exif()
    exif[0x0112] = 6  # held on its side
    exif[0x010F] = "SECRETCAM"
    exif.get_ifd(0x8825)[2] = (40.0, 25.0, 0.0)  # GPS
    photo = read_photo(picture(size=(64, 48), exif=exif), "a")
    assert (photo.width, photo.height) == (48, 64)
    assert b"SECRETCAM" not in photo.content
    assert b"Exif" not in photo.content
    assert not opened(photo).getexif()


def test_what_is_see_through_becomes_white():
    photo = read_photo(picture("PNG", mode="RGBA"), "a")
    assert opened(photo).getpixel((5, 5)) == (255, 255, 255)


@pytest.mark.parametrize("content", [b"", b"hello", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"GIF89a", b"%PDF-1.7",
                                     b"\xff\xd8\xff\xe0" + b"\0" * 400, picture("BMP"), picture("TIFF")])  # fmt: skip
def test_what_is_no_picture_is_refused_by_its_name(content):
    with pytest.raises(BadPhotoError, match=r"“my\.jpg” is not a picture we can read"):
        read_photo(content, "my.jpg")


def test_a_picture_cut_short_is_refused():
    whole = picture(size=(800, 600), quality=95)
    with pytest.raises(BadPhotoError):
        read_photo(whole[: len(whole) // 3], "a")


@pytest.mark.parametrize("size", [(5001, 5000), (65_000, 65_000), (2_000_000, 1)])
def test_a_small_file_of_endless_pixels_is_never_unpacked(size):
    with pytest.raises(BadPhotoError):
        read_photo(bomb(*size), "a") if size[0] * size[1] > 25_000_000 else read_photo(bomb(*size)[:60], "a")


def test_a_file_of_more_than_8_mb_is_refused_before_it_is_read():
    with pytest.raises(BadPhotoError, match=r"“big\.jpg” is larger than 8 MB"):
        read_uploads([upload(b"\0" * (8 * 1024 * 1024 + 1), "big.jpg")])


def test_four_photos_are_enough():
    assert len(read_uploads([upload(picture()) for _n in range(4)])) == 4
    with pytest.raises(BadPhotoError, match="more than four"):
        read_uploads([upload(picture()) for _n in range(5)])
