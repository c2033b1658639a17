"""The data of the demo: the bike sharing stations of an invented harbour town."""

from __future__ import annotations

from typing import NamedTuple

_COMMUTE = (2, 1, 1, 1, 2, 8, 24, 58, 71, 39, 22, 21, 26, 24, 23, 30, 52, 74, 66, 41, 27, 19, 12, 6)
_LEISURE = (9, 6, 4, 2, 1, 1, 3, 6, 12, 23, 37, 49, 55, 58, 61, 60, 54, 47, 39, 31, 25, 20, 16, 12)


class Station(NamedTuple):
    """A place to take a bike from."""

    name: str
    quarter: str
    docks: int
    commuters: float
    """How many times the usual number of trips begin here on a weekday."""
    visitors: float
    """The same for a day of the weekend."""

    def trips(self, weekend: bool) -> list[int]:
        """Return how many trips begin here in each hour of a usual day."""
        profile, share = (_LEISURE, self.visitors) if weekend else (_COMMUTE, self.commuters)
        return [round(share * trips) for trips in profile]


STATIONS = {
    "ferry": Station("Ferry Landing", "Harbour", 28, 0.8, 1.3),
    "lighthouse": Station("Lighthouse", "Harbour", 12, 0.1, 0.7),
    "market": Station("Market Square", "Old Town", 24, 0.6, 1.1),
    "university": Station("University", "Hillside", 36, 1.2, 0.4),
    "central/north": Station("Central Station, north side", "New Town", 42, 1.5, 0.9),
    "central/south": Station("Central Station, south side", "New Town", 30, 1.1, 0.6),
}


def all_trips(weekend: bool) -> list[int]:
    """Return how many trips begin in the whole town in each hour of a usual day."""
    return [sum(hour) for hour in zip(*(station.trips(weekend) for station in STATIONS.values()), strict=True)]
