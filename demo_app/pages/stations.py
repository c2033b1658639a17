"""The list of all stations."""

import dash
from dash import dcc, html

from demo_app.bikes import STATIONS

dash.register_page(__name__, path="/stations", name="Stations", title="Stations - Harbour Bikes", order=1)

layout = html.Div(
    [
        html.H1("Stations"),
        html.Ul(
            [
                html.Li(
                    [
                        dcc.Link(station.name, href=f"/stations/{station_id}"),
                        html.Span(f"{station.quarter}, {station.docks} docks"),
                    ]
                )
                for station_id, station in STATIONS.items()
            ],
            className="cards",
        ),
    ]
)
