"""One station, under a path template."""

from __future__ import annotations

import dash
from dash import dcc, html

from demo_app.bikes import STATIONS
from demo_app.charts import graph


def title(station_id: str | None = None) -> str:
    """Return the title of the browser's tab."""
    return f"{STATIONS[station_id].name if station_id in STATIONS else 'Station'} - Harbour Bikes"


dash.register_page(
    __name__,
    path_template="/stations/<station_id>",
    title=title,
    exists=lambda station_id: station_id in STATIONS,
)


def layout(station_id: str | None = None, **_: str) -> html.Div:
    """Return the page of a station, or a hint where there is none of that name."""
    back = html.P(dcc.Link("All stations", href="/stations"))
    station = STATIONS.get(station_id or "")
    if station is None:
        return html.Div([html.H1("No such station"), html.P("It may have been moved. The list has them all."), back])
    return html.Div(
        [
            html.H1(station.name),
            html.P(f"{station.quarter}, {station.docks} docks"),
            html.H2("Trips that begin here on a weekday"),
            graph(station.trips(weekend=False)),
            back,
        ]
    )
