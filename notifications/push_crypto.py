"""What a push service demands: a payload only the browser can read (RFC 8291), and who sends it (RFC 8292)."""

from __future__ import annotations

import base64
import json
import os
import struct
import time
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

CURVE = ec.SECP256R1()
POINT = 65  # bytes of a public key, uncompressed
AUTH = 16  # bytes of a browser's secret
RECORD = 4096  # bytes: all of a message is one record
MOST = 3900  # bytes of a payload that fit into it, and into what every service takes
TOKEN_S = 12 * 3600  # at most 24 h are allowed


@dataclass(frozen=True, slots=True)
class Keys:
    """A browser's: its public key, and a secret only it and we have."""

    public: bytes
    auth: bytes

    @classmethod
    def read(cls, *, p256dh: str, auth: str) -> Keys:
        """From base64url, as browsers give them. Raises ValueError for what is no key."""
        keys = cls(unbase64(p256dh), unbase64(auth))
        if len(keys.public) != POINT or len(keys.auth) != AUTH:
            raise ValueError("not the keys of a browser")
        _point(keys.public)
        return keys


def encrypted(
    payload: bytes, to: Keys, *, salt: bytes | None = None, private: ec.EllipticCurvePrivateKey | None = None
) -> bytes:
    """`payload` as aes128gcm. `salt` and `private` are made anew for every message; a test names them.

    Raises ValueError where it is too long.
    """
    if len(payload) > MOST:
        raise ValueError("too long for a push")
    salt, private = salt or os.urandom(16), private or ec.generate_private_key(CURVE)
    ours = public_bytes(private)
    shared = private.exchange(ec.ECDH(), _point(to.public))
    key = _hkdf(shared, salt=to.auth, info=b"WebPush: info\x00" + to.public + ours, length=32)
    content_key = _hkdf(key, salt=salt, info=b"Content-Encoding: aes128gcm\x00", length=16)
    nonce = _hkdf(key, salt=salt, info=b"Content-Encoding: nonce\x00", length=12)
    sealed = AESGCM(content_key).encrypt(nonce, payload + b"\x02", None)  # 2 ends the last record
    return salt + struct.pack("!LB", RECORD, len(ours)) + ours + sealed


def authorization(endpoint: str, *, private: str, subject: str, now: float | None = None) -> str:
    """The header that says who sends: a token good for this push service, half a day long. `subject`: mailto: or https:."""
    there = urlsplit(endpoint)
    claims = {
        "aud": f"{there.scheme}://{there.netloc}",
        "exp": int(now if now is not None else time.time()) + TOKEN_S,
        "sub": subject,
    }
    said = ".".join(
        base64url(json.dumps(part, separators=(",", ":")).encode())
        for part in ({"typ": "JWT", "alg": "ES256"}, claims)
    )
    key = private_key(private)
    r, s = decode_dss_signature(key.sign(said.encode(), ec.ECDSA(hashes.SHA256())))
    signature = base64url(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
    return f"vapid t={said}.{signature}, k={base64url(public_bytes(key))}"


@lru_cache(maxsize=4)
def private_key(said: str) -> ec.EllipticCurvePrivateKey:
    """From 32 bytes in base64url. Raises ValueError."""
    return ec.derive_private_key(int.from_bytes(unbase64(said), "big"), CURVE)


def public_key(private: str) -> str:
    """What a page gives to a browser that subscribes, in base64url."""
    return base64url(public_bytes(private_key(private)))


def public_bytes(private: ec.EllipticCurvePrivateKey) -> bytes:
    return private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def base64url(said: bytes) -> str:
    return base64.urlsafe_b64encode(said).rstrip(b"=").decode()


def unbase64(said: str) -> bytes:
    """Raises ValueError."""
    return base64.b64decode(said + "=" * (-len(said) % 4), altchars=b"-_", validate=True)


def _point(said: bytes) -> ec.EllipticCurvePublicKey:
    return ec.EllipticCurvePublicKey.from_encoded_point(CURVE, said)


def _hkdf(secret: bytes, *, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=salt, info=info).derive(secret)
