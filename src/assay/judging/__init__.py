"""So what: policies, outcomes, findings, mechanisms and the verdict."""
