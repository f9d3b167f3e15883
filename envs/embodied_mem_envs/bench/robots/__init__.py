"""The figures of robot controllers: stops, gates, links and losses."""
