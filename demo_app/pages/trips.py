"""The trips of the whole town, as a chart with a choice; it was called /rides once."""

from __future__ import annotations

from typing import Any

import dash
from dash import Input, Output, callback, dcc, html

from demo_app.bikes import all_trips
from demo_app.charts import figure, graph

dash.register_page(
    __name__, path="/trips", name="Trips", title="Trips - Harbour Bikes", order=2, redirect_from=["/rides"]
)

layout = html.Div(
    [
        html.H1("Trips by hour"),
        dcc.RadioItems(
            id="day",
            options=[{"label": "Weekday", "value": "weekday"}, {"label": "Weekend", "value": "weekend"}],
            value="weekday",
            className="choice",
        ),
        graph(all_trips(weekend=False), id="trips"),
        html.P("All stations together. Commuters ride at eight and at five, everybody else in the afternoon."),
    ]
)


@callback(Output("trips", "figure"), Input("day", "value"))
def show(day: str) -> dict[str, Any]:
    """Draw the day that was chosen."""
    return figure(all_trips(weekend=day == "weekend"))
