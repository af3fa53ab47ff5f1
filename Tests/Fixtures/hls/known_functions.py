"""Sums of every function and type of hls4ml's nnet_utils, all releases: HLSKnownFunctions.swift.

    pip download --no-deps -d WHEELS hls4ml==0.5.0 ... hls4ml==1.3.0
    python known_functions.py WHEELS > HLSKnownFunctions.swift
"""
import glob, re, sys, zipfile

WORD = set(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")


def plain(text):
    """The text without comments, directives and white space, but for one blank between words."""
    out, i, n = bytearray(), 0, len(text)
    start, gap = True, False
    while i < n:
        c = text[i]
        if text.startswith(b"//", i):
            while i < n and text[i] != 10: i += 1
            continue
        if text.startswith(b"/*", i):
            end = text.find(b"*/", i + 2)
            i = n if end < 0 else end + 2
            gap = True
            continue
        if c == 35 and start:
            while i < n and text[i] != 10:
                i += 3 if text[i:i + 2] == b"\\\r" else 2 if text[i] == 92 else 1
            continue
        if c in b" \t\r\n":
            start, gap = start or c == 10, True
            i += 1
            continue
        if gap and out and out[-1] in WORD and c in WORD: out.append(32)
        start, gap = False, False
        if c in b"\"'":
            end = i + 1
            while end < n and text[end] != c: end += 2 if text[end] == 92 else 1
            out += text[i:end + 1]
            i = end + 1
            continue
        out.append(c)
        i += 1
    return bytes(out)


def chunks(text):
    """Definitions at namespace level, each with its braces."""
    depth = start = 0
    for i, c in enumerate(text):
        if c == 123:
            if depth == 0 and text[start:i].startswith(b"namespace"):
                start = i + 1
            else:
                depth += 1
        elif c == 125:
            if depth == 0:
                start = i + 1
            else:
                depth -= 1
                if depth == 0:
                    yield text[start:i + 1]
                    start = i + 1
        elif c == 59 and depth == 0:
            start = i + 1


def fnv(data):
    h = 0xcbf29ce484222325
    for b in data: h = ((h ^ b) * 0x100000001b3) & (2**64 - 1)
    return h


if __name__ == "__main__":
    known, releases = set(), []
    for wheel in sorted(glob.glob(sys.argv[1] + "/*.whl")):
        releases.append(wheel.split("-")[1])
        archive = zipfile.ZipFile(wheel)
        for name in archive.namelist():
            if re.search(r"templates/(vivado|vitis)[a-z_]*/nnet_utils/.*\.h$", name):
                known |= {fnv(c) for c in chunks(plain(archive.read(name)))}
    print(len(known), releases, file=sys.stderr)
    rows = [f"0x{h:016x}" for h in sorted(known)]
    print("/// Sums of the definitions in `nnet_utils` of the releases of hls4ml from "
          + releases[0] + " to " + releases[-1] + ".\n///")
    print("/// Made by `Tests/Fixtures/hls/known_functions.py`; see ``HLSUtilities``.\nenum HLSKnownFunctions {")
    print("  static let releases = \"" + releases[0] + " to " + releases[-1] + "\"\n")
    print("  /// FNV-1a of each definition's text, ascending.\n  static let sums: [UInt64] = [")
    for i in range(0, len(rows), 4): print("    " + ", ".join(rows[i:i + 4]) + ",")
    print("  ]\n}")
