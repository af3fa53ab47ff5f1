#!/usr/bin/env python3
"""Writes adders.json: what da4ml says of the adders in nnet_code_gen.h of every fixture that has some.

Of each function dense_da_N: its additions, subtractions and negations; bits of their adders by da4ml's
own cost_add (of negations, bits of the operand); the longest way. Depths are checked against the comments, in
which a constant is added at no depth. Needs da4ml.
"""
import glob, json, os, re
from da4ml.trace.fixed_variable import cost_add

HERE = os.path.dirname(os.path.abspath(__file__))
LINE = re.compile(r"(?:ap_(u?)fixed<(-?\d+),(-?\d+)> (v\d+)|model_out\[\d+\]) = (.*?);(?: // (.*))?$")
TERM = re.compile(r"(-?)(?:bit_shift<(-?\d+)>\()?(?:ap_u?fixed<[^>]*>\()?(v\d+|-?[\d.e-]+)\)*")


def interval(unsigned, bits, integer):
    step = 2.0 ** (integer - bits)
    if unsigned:
        return 0.0, (2 ** bits - 1) * step, step
    return -(2.0 ** (bits - 1)) * step, (2 ** (bits - 1) - 1) * step, step


def scaled(text, types):
    sign, shift, name = TERM.fullmatch(text).groups()
    if name in types:
        low, high, step = types[name]
    else:
        low = high = float(name)
        step = 2.0 ** next(k for k in range(64, -64, -1) if (low / 2.0 ** k).is_integer())
    factor = 2.0 ** int(shift or 0)
    return sign == "-", (low * factor, high * factor, step * factor)


def width(q):
    low, high, step = q
    codes = max(-low, high + step) / step
    return int(codes - 1).bit_length() + (low < 0)


def count(lines):
    types, adders, bits, depths, stated, deepest = {}, 0, 0, {}, {}, 0
    for line in lines:
        match = LINE.search(line)
        if not match:
            continue
        unsigned, total, integer, name, text, comment = match.groups()
        text = re.sub(r"^ap_u?fixed<[^>]*>\((.*)\)$", r"\1", text)
        depth = shown = 0
        if not text.startswith("model_inp"):
            parts = re.split(r" ([+-]) ", text)
            used = [n for n in re.findall(r"v\d+", text)]
            depth = max(depths[n] for n in used) + (len(parts) > 1 or parts[0].startswith("-"))
            shown = max(stated[n] for n in used) + (len(used) > 1)
            negated, first = scaled(parts[0], types)
            if negated:
                adders, bits = adders + 1, bits + width(first)
            for sign, part in zip(parts[1::2], parts[2::2]):
                _, second = scaled(part, types)
                adders += 1
                bits += int(cost_add(first, second, 0, sign == "-", 1, 1)[1])
        if name:
            types[name] = interval(unsigned, int(total), int(integer))
            depths[name], stated[name] = depth, shown
            assert shown == int(float(comment)), line
        else:
            deepest = max(deepest, depth)
    return dict(adders=adders, bits=bits, depth=deepest)


result = {}
for path in sorted(glob.glob(HERE + "/*/project/firmware/nnet_utils/nnet_code_gen.h")):
    functions, name = {}, None
    for line in open(path):
        start = re.match(r"void (dense_da_\d+)\(", line)
        name = start.group(1) if start else name
        if name:
            functions.setdefault(name, []).append(line)
        if line.startswith("}"):
            name = None
    if functions:
        result[path[len(HERE) + 1:].split("/")[0]] = {k: count(v) for k, v in functions.items()}
with open(HERE + "/adders.json", "w") as file:
    json.dump(result, file, indent=1)
    file.write("\n")
