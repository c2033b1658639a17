"""The home page: the town at a glance."""

import dash
from dash import dcc, html

from demo_app.bikes import STATIONS, all_trips

dash.register_page(__name__, path="/", name="Home", title="Harbour Bikes", order=0)

_FIGURES = {
    "stations": str(len(STATIONS)),
    "docks": str(sum(station.docks for station in STATIONS.values())),
    "trips on a weekday": f"{sum(all_trips(weekend=False)):,}",
    "trips on a Sunday": f"{sum(all_trips(weekend=True)):,}",
}

layout = html.Div(
    [
        html.H1("Take a bike, leave it at the water"),
        html.P("Harbour Bikes has stations from the lighthouse to the university. See where and when the town rides."),
        html.Dl([html.Div([html.Dt(name), html.Dd(value)]) for name, value in _FIGURES.items()], className="cards"),
        html.P(
            [
                dcc.Link("Find a station", href="/stations", className="button"),
                dcc.Link("See the trips", href="/trips"),
            ],
            className="actions",
        ),
    ]
)
