"""Every kind of mask file, as each reader reads it: what docs/formats.md is made by.

`files` and `borrowed` list them, `writers` writes them, `readers` reads them, `cells` puts into a
few words what came out, `ours` asks maskprep, `page` lays it all out. `__main__` runs it.
"""
