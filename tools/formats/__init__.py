"""Every kind of mask file, as each reader reads it: what docs/formats.md is made by.

`files` lists them, `writers` and `borrowed` make them, `readers` read them, `cells` puts into a few words what
came out, `ours` asks maskprep, `page` lays it all out. `__main__` runs it.
"""
