"""Sealed credentials and page keys."""

import pytest
from cryptography.fernet import Fernet

from tenants import vault


def test_what_was_sealed_opens_again_and_does_not_show(settings):
    sealed = vault.seal({"api_key": "hunter2"})
    assert vault.unseal(sealed) == {"api_key": "hunter2"}
    assert "hunter2" not in sealed


def test_a_new_key_still_opens_what_the_old_one_sealed_and_can_reseal_it(settings):
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    settings.VAULT_KEYS = [old]
    sealed = vault.seal({"a": "b"})
    settings.VAULT_KEYS = [new, old]
    resealed = vault.reseal(sealed)
    settings.VAULT_KEYS = [new]
    assert vault.unseal(resealed) == {"a": "b"}
    with pytest.raises(vault.SealBrokenError, match="VAULT_KEYS"):
        vault.unseal(sealed)


def test_a_page_key_is_stable_unguessable_and_ends_with_its_turn():
    key = vault.page_token(shop_id=1, order_id=2, turn=0)
    assert key == vault.page_token(shop_id=1, order_id=2, turn=0)
    assert len(key) == 32  # 192 bits
    others = {
        vault.page_token(shop_id=s, order_id=o, turn=t) for s, o, t in ((1, 2, 1), (1, 3, 0), (2, 2, 0))
    }
    assert len(others | {key}) == 4
