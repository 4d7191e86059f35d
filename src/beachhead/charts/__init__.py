"""Charts as Vega-Lite specifications and as SVG, in one visual theme."""
