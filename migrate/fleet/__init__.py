"""Fleets: plans for several targets, made together, reviewed, approved and run as one set. Pure.

`sets` is what belongs together, `setfile` the file of it, `waves` the order and when to halt,
`outcome` what became of each target, `going_on` the way on from there, `matrix` the same as jobs of
a CI system.
"""
