"""Changes to models, versions, tags and placements. Every door calls these, so every gate binds every door."""
