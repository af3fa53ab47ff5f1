"""Writes the array fixtures beside this file: python make.py (numpy 2.x, Python 3.11+).

Element i (in C order) of every numeric array is VALUES[type][i % len]; the Swift tests state the
same values, so that neither side is computed by the other.
"""
import gzip, io, pathlib, struct, tarfile, zipfile
import numpy as np

here = pathlib.Path(__file__).parent
SHAPE = (2, 3, 4)


def values(dtype):
    d = np.dtype(dtype)
    if d.kind == "b":
        base = [0, 1, 1]
    elif d.kind == "i":
        i = np.iinfo(d)
        base = [i.min, i.max, 0, -1, 1, 100, -77]
    elif d.kind == "u":
        i = np.iinfo(d)
        base = [0, i.max, 1, 200, i.max - 1]
    else:
        f = np.finfo(d)
        base = [0.0, -0.0, 1.5, -2.25, float(f.max), float(f.smallest_subnormal), np.inf, -np.inf,
                float(f.tiny), 0.0999755859375]
    n = int(np.prod(SHAPE))
    return np.array([base[i % len(base)] for i in range(n)], dtype=d).reshape(SHAPE)


TYPES = ["b1", "i1", "u1"] + [e + k + s for k, ss in (("i", "248"), ("u", "248"), ("f", "248"))
                              for s in ss for e in "<>"]
for t in TYPES:
    a = values(t)
    name = t.replace("<", "le_").replace(">", "be_")
    np.save(here / f"{name}_c.npy", a)
    np.save(here / f"{name}_f.npy", np.asfortranarray(a))

np.save(here / "scalar.npy", np.float32(3.25))
np.save(here / "empty.npy", np.zeros((3, 0, 2), np.int16))
np.save(here / "vector_f.npy", np.asfortranarray(np.arange(5, dtype=np.int32)))
for v in ((1, 0), (2, 0), (3, 0)):
    with open(here / f"version{v[0]}.npy", "wb") as f:
        np.lib.format.write_array(f, np.arange(6, dtype=np.int16).reshape(2, 3), version=v)

arrays = {"x": np.arange(12, dtype=np.float32).reshape(3, 4),
          "t|relu1": np.arange(-4, 4, dtype=np.int8), "a/b": np.array(7, np.uint64),
          "none": np.zeros((0, 2), np.float64)}
np.savez(here / "stored.npz", **arrays)
np.savez_compressed(here / "deflated.npz", **arrays)
# What zipfile writes to a pipe: sizes after the data.
class Pipe(io.RawIOBase):
    def __init__(self, f): self.f = f
    def writable(self): return True
    def write(self, b): return self.f.write(b)
with open(here / "piped.npz", "wb") as f, zipfile.ZipFile(Pipe(f), "w", zipfile.ZIP_DEFLATED) as z:
    for k, v in arrays.items():
        b = io.BytesIO()
        np.save(b, v)
        z.writestr(k + ".npy", b.getvalue())

x = io.BytesIO()
np.save(x, arrays["x"])
with gzip.GzipFile(here / "x.npy.gz", "wb", mtime=0) as f:
    f.write(x.getvalue())
# Two members and padding, as `cat a.gz b.gz` and tapes leave them.
half = len(x.getvalue()) // 2
(here / "members.npy.gz").write_bytes(
    gzip.compress(x.getvalue()[:half], mtime=0) + gzip.compress(x.getvalue()[half:], mtime=0)
    + bytes(100))

for name, fmt in (("ustar", tarfile.USTAR_FORMAT), ("gnu", tarfile.GNU_FORMAT),
                  ("pax", tarfile.PAX_FORMAT)):
    b = io.BytesIO()
    with tarfile.open(fileobj=b, mode="w", format=fmt) as t:
        d = tarfile.TarInfo("folder")
        d.type = tarfile.DIRTYPE
        t.addfile(d)
        entries = [("config.json", b'{"a": 1}'), ("./weights/x.npy", x.getvalue()), ("empty", b"")]
        if name == "ustar":
            entries.append(("p" * 90 + "/" + "q" * 60, b"long"))
        else:
            entries.append(("p" * 130 + "/" + "q" * 160, b"long"))
        if name == "pax":
            entries.append(("gewichte/\u00fc.txt", b"utf8"))
        for n, c in entries:
            i = tarfile.TarInfo(n)
            i.size = len(c)
            t.addfile(i, io.BytesIO(c))
    with gzip.GzipFile(here / f"{name}.tar.gz", "wb", mtime=0) as f:
        f.write(b.getvalue())
b = io.BytesIO()
with tarfile.open(fileobj=b, mode="w") as t:
    i = tarfile.TarInfo("link")
    i.type = tarfile.SYMTYPE
    i.linkname = "/etc/passwd"
    t.addfile(i)
(here / "link.tar").write_bytes(b.getvalue())

for name, a in (("structured", np.zeros(2, [("a", "<i4"), ("b", "<f4")])),
                ("complex", np.zeros(2, np.complex64)), ("text", np.array(["ab"])),
                ("void", np.zeros(2, "V2")), ("date", np.zeros(2, "M8[s]"))):
    np.save(here / f"bad_{name}.npy", a)
np.save(here / "bad_object.npy", np.array([None, 1], object), allow_pickle=True)
