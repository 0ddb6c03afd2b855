"""How sure: profiles, the plan of measures, and the runner that gives every number its outcome."""
