"""The safety gate: limits, stops and owners between every brain and every robot."""
