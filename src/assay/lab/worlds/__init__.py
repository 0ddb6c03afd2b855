"""Toy worlds: realities so simple that what a self-consuming loop does to them is known in closed form."""
