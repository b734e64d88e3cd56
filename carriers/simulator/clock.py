"""A parcel's own clock: how simulated minutes pass against the wall clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Stretch:
    """From `at` on, the parcel's clock shows `minutes` and gains `speed` minutes a real minute."""

    at: datetime
    minutes: float
    speed: float


@dataclass(frozen=True, slots=True)
class Clock:
    """Stretches, oldest first. What has been passed through never changes: only the last one goes on."""

    stretches: tuple[Stretch, ...]

    @classmethod
    def started(cls, at: datetime, speed: float) -> Clock:
        return cls((Stretch(at, 0, speed),))

    @property
    def started_at(self) -> datetime:
        return self.stretches[0].at

    @property
    def speed(self) -> float:
        return self.stretches[-1].speed

    def minutes(self, now: datetime) -> float:
        """Simulated minutes since the start; below zero before it."""
        stretch = next((s for s in reversed(self.stretches) if s.at <= now), self.stretches[0])
        return stretch.minutes + (now - stretch.at).total_seconds() / 60 * stretch.speed

    def reaches(self, minutes: float) -> tuple[datetime, bool]:
        """When the clock shows `minutes`, and whether it jumped over them at that instant."""
        for stretch, following in zip(self.stretches, (*self.stretches[1:], None), strict=True):
            if minutes < stretch.minutes:
                return stretch.at, True
            at = stretch.at + timedelta(minutes=(minutes - stretch.minutes) / stretch.speed)
            if following is None or at <= following.at:
                return at, False
        raise AssertionError("the last stretch reaches every minute")

    def advanced(self, now: datetime, minutes: float) -> Clock:
        """The same clock, pushed ahead by `minutes` at once."""
        return self._then(Stretch(now, self.minutes(now) + minutes, self.speed))

    def at_speed(self, now: datetime, speed: float) -> Clock:
        """The same clock, running at `speed` from now on."""
        return self._then(Stretch(now, self.minutes(now), speed))

    def _then(self, stretch: Stretch) -> Clock:
        kept = tuple(s for s in self.stretches if s.at <= stretch.at)
        return Clock((*kept, stretch))
