"""Every preset can be spoken in every language."""

from tracking.preset_names import NAMES
from tracking.presets import PRESETS


def test_every_name_a_preset_gives_is_known_to_gettext():
    given = {p.label for p in PRESETS.values()} | {s.label for p in PRESETS.values() for s in p.states}
    assert given == set(NAMES)
