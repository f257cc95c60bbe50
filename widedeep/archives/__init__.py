"""Archives: how a file is put down so that no crash leaves half of one, and what a file must be to be believed.

Archives come from strangers, and machines are switched off while they write.  Nothing is built, and no array is
allocated, before the file's own sizes agree with each other and its settings with a schema.  (docs/archive.md is the
format.)  Read in this order:

    files.py       write beside, flush to the disk, rename; remove what a killed writer left
    members.py     the members of a zip, within bounds that the file's length sets
    digest.py      one number over all members: which parts belong together
    schema.py      the words in which settings are described
    columns.py     what columns and numbers may say of themselves
    encoders.py    what encoders may, and the sizes that follow
    tables.py      what those beyond the chapter may: of tables, of rankers
    models.py      what towers, heads and rules may
    arrays.py      which arrays go with the settings
    versions.py    the names of earlier versions
    reading.py     all of it: settings and arrays of a file, checked

These pages belong to the chapter: they import NumPy, the standard library and the registry alone.

Read before: registry.py
"""
