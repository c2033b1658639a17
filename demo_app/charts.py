"""The one kind of chart that the demo draws."""

from __future__ import annotations

from typing import Any

from dash import dcc, html

# Readable on the light and on the dark background: a figure does not know which one it is on.
_INK, _GRID, _BARS = "#7a8691", "rgba(127, 127, 127, .25)", "#1c8f96"


def figure(trips: list[int]) -> dict[str, Any]:
    """Return a bar chart of trips by hour."""
    axis = {"fixedrange": True, "gridcolor": _GRID, "zerolinecolor": _GRID}
    hours = [f"{hour:02}:00" for hour in range(24)]
    return {
        "data": [{"type": "bar", "x": hours, "y": trips, "marker": {"color": _BARS}, "hovertemplate": "%{y} trips"}],
        "layout": {
            "paper_bgcolor": "rgba(0, 0, 0, 0)",
            "plot_bgcolor": "rgba(0, 0, 0, 0)",
            "font": {"color": _INK, "family": "system-ui, sans-serif", "size": 13},
            "margin": {"l": 40, "r": 8, "t": 16, "b": 32},
            "bargap": 0.25,
            "xaxis": {**axis, "dtick": 4, "tickangle": 0, "ticks": "outside", "ticklen": 6, "tickcolor": "transparent"},
            "yaxis": {**axis, "rangemode": "tozero"},
            "hovermode": "x unified",
            "showlegend": False,
        },
    }


def graph(trips: list[int], **properties: Any) -> html.Div:
    """Return the chart as a component that fits its place."""
    # The size belongs to a box around it: plotly.js writes its own onto the graph's element.
    chart = dcc.Graph(
        figure=figure(trips),
        config={"displayModeBar": False},
        responsive=True,
        style={"height": "100%"},
        **properties,
    )
    return html.Div(chart, className="chart")
