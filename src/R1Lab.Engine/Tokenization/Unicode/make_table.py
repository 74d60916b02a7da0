#!/usr/bin/env python3
"""Writes normalization.txt from the Unicode Character Database (https://www.unicode.org/Public/<version>/ucd/, or Debian's package unicode-data).

    python3 make_table.py <version> <folder with UnicodeData.txt and CompositionExclusions.txt>

Only what the standard does not derive is kept: combining classes, one-step decompositions, and the composites that must not be composed.
Hangul syllables are computed (Unicode Standard, section 3.12) and therefore absent.
"""
import hashlib
import pathlib
import sys

version, folder = sys.argv[1], pathlib.Path(sys.argv[2])
target = pathlib.Path(__file__).with_name("normalization.txt")


def rows(name):
    for line in (folder / name).read_text(encoding="utf-8").splitlines():
        line = line.split("#")[0].strip()
        if line:
            yield [field.strip() for field in line.split(";")]


def digest(name):
    return hashlib.sha256((folder / name).read_bytes()).hexdigest()


classes, mappings = [], []
for code, _, _, combining, _, decomposition, *_ in rows("UnicodeData.txt"):
    at, combining = int(code, 16), int(combining)
    if combining:
        if classes and classes[-1][1] == at - 1 and classes[-1][2] == combining:
            classes[-1][1] = at
        else:
            classes.append([at, at, combining])
    if decomposition:
        compatible = decomposition.startswith("<")
        points = decomposition.split()[1 if compatible else 0:]
        mappings.append(f"{code} {'~' if compatible else '='} {' '.join(points)}")

with target.open("w", encoding="ascii", newline="\n") as out:
    out.write(f"# Unicode {version}; written by make_table.py\n")
    for name in ("UnicodeData.txt", "CompositionExclusions.txt"):
        out.write(f"# {name} sha256 {digest(name)}\n")
    out.write("# Copyright (c) 1991-2022 Unicode, Inc.; Unicode License, https://www.unicode.org/license.txt\n")
    out.write("[classes]\n")
    out.writelines(f"{first:04X} {last:04X} {combining}\n" for first, last, combining in classes)
    out.write("[mappings]\n")
    out.writelines(f"{mapping}\n" for mapping in mappings)
    out.write("[exclusions]\n")
    out.writelines(f"{row[0]}\n" for row in rows("CompositionExclusions.txt"))
