"""Makes the two JSON documents of a comparison that no program made: `sample.py NAME FOLDER`.

Writes FOLDER/NAME.comparison.json and FOLDER/NAME.trees.json. The same words give the same bytes.

small    a single-stage and a multi-stage image of one application, some thousands of files each
large    two images of 50,000 files
one      one image alone
three    three images
hostile  few files, with every name that has ever hurt a page
"""

import hashlib
import json
import random
import sys
from pathlib import Path

KINDS = ["native", "bytecode", "source", "metadata", "data", "cache", "documentation"]
NATIVE, BYTECODE, SOURCE, METADATA, DATA, CACHE, DOCUMENTATION = range(7)

# name, version, bytes in kB, whether the multi-stage image has it, its version there
DEBS = """libc6 2.36-9+deb12u10 12900 y
libssl3 3.0.15-1~deb12u1 6024 y 3.0.17-1~deb12u2
libsqlite3-0 3.40.1-2+deb12u1 1730 y
zlib1g 1.2.13.dfsg-1 168 y
libffi8 3.4.4-1 77 y
libexpat1 2.5.0-1+deb12u1 413 y
ca-certificates 20230311 390 y
tzdata 2024b-0+deb12u1 3100 y 2025b-0+deb12u1
netbase 6.4 44 y
libmariadb3 10.11.11-0+deb12u1 740 y
bash 5.2.15-2+b7 7164 n
dash 0.5.12-2 191 n
coreutils 9.1-1 18062 n
apt 2.6.1 4232 n
dpkg 1.21.22 6358 n
perl-base 5.36.0-7+deb12u1 7660 n
gcc-12 12.2.0-14 50100 n
g++-12 12.2.0-14 33400 n
cpp-12 12.2.0-14 25900 n
binutils-x86-64-linux-gnu 2.40-2 24800 n
libc6-dev 2.36-9+deb12u10 11700 n
linux-libc-dev 6.1.128-1 9400 n
libllvm14 1:14.0.6-12 109300 n
libmariadb-dev 1:10.11.11-0+deb12u1 5900 n
git 1:2.39.5-0+deb12u2 46400 n
curl 7.88.1-10+deb12u8 501 n
openssh-client 1:9.2p1-2+deb12u5 4900 n
imagemagick-6-common 8:6.9.11.60+dfsg-1.6 9300 n
libicu72 72.1-3 36900 n
mercurial-common 6.3.2-1 15200 n
subversion 1.14.2-4 4800 n
util-linux 2.38.1-5+deb12u3 4700 n""".splitlines()

PYPI = """Django 5.1.4 8600 y 5.1.6
numpy 2.1.3 61000 y
pandas 2.2.3 58000 y
Pillow 11.0.0 14600 y
mysqlclient 2.2.6 190 y
gunicorn 23.0.0 340 y
requests 2.32.3 210 y
cryptography 43.0.3 11200 y
celery 5.4.0 1700 y
redis 5.2.0 930 y
pip 24.0 7600 n
setuptools 75.6.0 5100 n
wheel 0.45.1 260 n
Cython 3.0.11 11900 n
pytest 8.3.4 1500 n
mypy 1.13.0 27300 n
sentry-sdk 2.19.0 1900 m""".splitlines()

WHY = {
    "unpacked": "Every byte is pulled, unpacked and scanned wherever the image runs.",
    "compressed": "What a node downloads before the first start.",
    "hidden": "Bytes that a later layer replaces or deletes are still pulled.",
    "files": "Each file is one more thing to scan and to explain.",
    "packages": "Each package is one more source of advisories.",
    "compilers": "A compiler lets whoever gets in build their tools on the spot.",
    "installers": "Whoever gets in can install more.",
    "documentation": "Manuals and examples do not run.",
    "tests": "Tests of packages do not run in production.",
    "shells": "A shell turns one bug into a session.",
    "downloaders": "curl and its like fetch the second stage of an attack.",
    "setuid": "Each program that runs as another user is a way to become that user.",
    "writable": "What the user may change, an attacker may change.",
    "secrets": "A secret in a layer is known to everybody who can pull.",
    "user": "Root in the container is one kernel bug away from root on the host.",
    "hardened": "Position independent and read-only relocations make bugs harder to use.",
    "runs": "An image that cannot start is small for nothing.",
    "base": "An image that names its base by digest is built from the same bytes each time.",
    "explained": "A file that a package owns can be traced to an advisory.",
}


class Image:
    """Files with their owners; directories are made on the way."""

    def __init__(self, name):
        self.name, self.root, self.packages, self.count = name, {}, [], 0

    def own(self, ecosystem, name, version):
        self.packages.append({"ecosystem": ecosystem, "name": name, "version": version, "bytes": 0, "files": 0})
        return len(self.packages) - 1

    def add(self, path, size, kind, owner=-1):
        *folders, last = path.split("/")
        here = self.root
        for folder in folders:
            here = here.setdefault(folder, {})
        if last in here:
            return
        here[last] = (int(size), kind, owner)
        self.count += 1
        if owner >= 0:
            self.packages[owner]["bytes"] += int(size)
            self.packages[owner]["files"] += 1

    def tree(self, name="", here=None):
        here = self.root if here is None else here
        entries = []
        for key in sorted(here):
            entry = here[key]
            entries.append(self.tree(key, entry) if isinstance(entry, dict) else [key, *entry])
        return [name, entries]

    def files(self, prefix="", here=None):
        for key, entry in (self.root if here is None else here).items():
            if isinstance(entry, dict):
                yield from self.files(f"{prefix}/{key}", entry)
            else:
                yield (f"{prefix}/{key}", *entry)


def split(random, total, parts):
    weights = [random.paretovariate(0.9) for _ in range(parts)]
    return [max(1, total * weight / sum(weights)) for weight in weights]


def debian(image, random, name, version, kilobytes):
    owner, size = image.own("deb", name, version), kilobytes * 1000
    short = name.split("-")[0].rstrip("0123456789")
    libraries = "usr/lib/x86_64-linux-gnu"
    parts = max(3, min(120, kilobytes // 90))
    for index, part in enumerate(split(random, size * 0.93, parts)):
        if name.startswith("lib") and not name.endswith("-dev"):
            image.add(f"{libraries}/{short}{index or ''}.so.{index % 4 + 1}", part, NATIVE, owner)
        elif name.endswith("-dev"):
            image.add(f"usr/include/{short}/part{index:02}.h", part, SOURCE, owner)
        elif name == "tzdata":
            image.add(f"usr/share/zoneinfo/Region{index % 9}/City{index}", part, DATA, owner)
        elif name.startswith(("gcc", "g++", "cpp")):
            image.add(f"usr/lib/gcc/x86_64-linux-gnu/12/{short}{index:02}.{'a' if index % 3 else 'so'}", part, NATIVE, owner)
        elif index < 8:
            image.add(f"usr/bin/{short}{f'-{index}' if index else ''}", part, NATIVE, owner)
        else:
            image.add(f"usr/lib/{short}/{short}-part{index}", part, NATIVE if index % 2 else DATA, owner)
    image.add(f"usr/share/doc/{name}/copyright", 3000 + random.randrange(20000), METADATA, owner)
    image.add(f"usr/share/doc/{name}/changelog.Debian.gz", size * 0.01 + 900, DOCUMENTATION, owner)
    image.add(f"usr/share/man/man1/{name}.1.gz", size * 0.02 + 700, DOCUMENTATION, owner)
    image.add(f"var/lib/dpkg/info/{name}.list", 400 + random.randrange(9000), METADATA, owner)


def distribution(image, random, site, name, version, kilobytes, whole):
    owner, size, module = image.own("pypi", name, version), kilobytes * 1000, name.lower().replace("-", "_")
    compiled = name in ("numpy", "pandas", "Pillow", "cryptography", "mysqlclient", "mypy", "Cython")
    files = max(6, min(400, kilobytes // 40))
    for index, part in enumerate(split(random, size * (0.3 if compiled else 0.62), files)):
        folder = f"{site}/{module}/{['core', 'contrib', 'db', 'utils', 'tests', 'io'][index % 6]}"
        if index % 6 == 4 and not whole:
            continue
        image.add(f"{folder}/module{index:03}.py", part, SOURCE, owner)
        if whole:
            image.add(f"{folder}/__pycache__/module{index:03}.cpython-312.pyc", part * 0.8, BYTECODE, owner)
    if compiled:
        for index, part in enumerate(split(random, size * 0.6, max(2, kilobytes // 3000))):
            image.add(f"{site}/{module}/_ext{index}.cpython-312-x86_64-linux-gnu.so", part, NATIVE, owner)
    for name_of in ("METADATA", "RECORD", "WHEEL", "top_level.txt"):
        image.add(f"{site}/{module}-{version}.dist-info/{name_of}", size * 0.004 + 90, METADATA, owner)


def application(image, random, whole):
    for index in range(90):
        image.add(f"srv/shop/{['orders', 'cart', 'catalogue', 'accounts'][index % 4]}/view{index}.py", random.randrange(400, 19000), SOURCE)
    for index in range(140):
        image.add(f"srv/shop/static/img/product-{index:03}.webp", random.randrange(9000, 190000), DATA)
    image.add("srv/shop/locale/de/LC_MESSAGES/django.mo", 88000, DATA)
    if whole:
        for index in range(60):
            image.add(f"root/.cache/pip/http-v2/{index % 16:x}/{random.randrange(16**8):08x}", random.randrange(90000, 1900000), CACHE)
        for index in range(40):
            image.add(f"var/lib/apt/lists/debian.example_dists_bookworm_part{index}", random.randrange(90000, 900000), CACHE)
        image.add("srv/shop/.git/objects/pack/pack-9d1f.pack", 21_400_000, DATA)


def image(name, whole, extra=0):
    maker = random.Random(2)
    made = Image(name)
    site = "usr/local/lib/python3.12/site-packages" if whole else "opt/venv/lib/python3.12/site-packages"
    for line in DEBS:
        deb, version, size, kept, *later = line.split()
        if whole or kept == "y":
            debian(made, maker, deb, later[0] if later and not whole else version, int(size))
    for line in PYPI:
        wheel, version, size, kept, *later = line.split()
        if kept == "y" or whole == (kept == "n"):
            distribution(made, maker, site, wheel, later[0] if later and not whole else version, int(size), whole)
    for index in range(160):
        made.add(f"usr/local/lib/python3.12/std{index:03}.py", maker.randrange(2000, 90000), SOURCE)
        made.add(f"usr/local/lib/python3.12/__pycache__/std{index:03}.cpython-312.pyc", maker.randrange(2000, 60000), BYTECODE)
        if whole and index < 90:
            made.add(f"usr/local/lib/python3.12/test/test_std{index:03}.py", maker.randrange(2000, 130000), SOURCE)
    made.add("usr/local/lib/libpython3.12.so.1.0", 34_100_000 if whole else 8_900_000, NATIVE)
    application(made, maker, whole)
    for index in range(extra - made.count):
        made.add(f"usr/share/many/d{index // 900}/{'deep/' * (index % 4)}file{index}", min(maker.paretovariate(0.8) * 300, 4_000_000), index % 7)
    return made


def described(made, layers):
    listed = list(made.files())
    unpacked = sum(size for _, size, _, _ in listed)
    kinds = [
        {"kind": name, "bytes": sum(s for _, s, k, _ in listed if k == kind), "files": sum(k == kind for _, _, k, _ in listed)}
        for kind, name in enumerate(KINDS)
    ]
    steps, hidden = [], 0
    for step, line, share, gone in layers:
        part = int(unpacked * share)
        hidden += int(part * gone)
        steps.append({
            "diff_id": "sha256:" + hashlib.sha256(f"{made.name} {step}".encode()).hexdigest(), "step": step, "line": line,
            "unpacked": part, "compressed": int(part * 0.38), "files": int(len(listed) * share), "hidden": int(part * gone),
        })
    return {
        "name": made.name, "digest": "sha256:" + hashlib.sha256(made.name.encode()).hexdigest(), "platform": "linux/amd64",
        "size": {"unpacked": unpacked + hidden, "visible": unpacked, "compressed": int(unpacked * 0.38)},
        "layers": steps, "kinds": kinds, "packages": made.packages,
        "unowned": {"bytes": sum(s for _, s, _, o in listed if o < 0), "files": sum(o < 0 for _, _, _, o in listed)},
    }


def text_of(value, unit):
    if unit == "bytes":
        for scale, name in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
            if value >= scale:
                return f"{value * 10 // scale / 10:.1f} {name}"
        return f"{value} bytes"
    return f"{value} %" if unit == "percent" else f"{value:,}"


def row(name, title, group, unit, aim, source, *values):
    made = []
    for value in values:
        text, items, missing = None, [], None
        if isinstance(value, tuple):
            value, items, *rest = value
            text = rest[0] if rest else None
        if isinstance(value, str):
            value, text = None, value
        if value is None and text is None:
            missing, text = "not checked: the image was not started", "not checked"
        made.append({"value": value, "text": text or text_of(value, unit), "items": items, "missing": missing})
    differs = len({(one["value"], one["text"]) for one in made}) > 1
    return {"name": name, "title": title, "group": group, "unit": unit, "aim": aim, "why": WHY[name], "source": source[0],
            "url": source[1], "values": made, "differs": differs}


CIS = ("CIS Docker Benchmark 1.7.0, 4.3", "https://www.cisecurity.org/benchmark/docker")
NIST = ("NIST SP 800-190, 4.1", "https://csrc.nist.gov/pubs/sp/800/190/final")
OURS = ("constrict", None)


def items(made, wanted, most=400):
    found = [(path, size) for path, size, _, _ in made.files() if wanted(path)]
    return len(found), [{"name": path, "detail": text_of(size, "bytes")} for path, size in found[:most]]


def rows(one, two, a, b):
    def both(wanted):
        return items(a, wanted), items(b, wanted)

    shell = [{"name": "/usr/bin/bash", "detail": "bash 5.2.15"}, {"name": "/usr/bin/dash", "detail": "dash 0.5.12"},
             {"name": "/usr/bin/sh", "detail": "link to dash"}, {"name": "/usr/bin/perl", "detail": "perl-base 5.36.0"}]
    suid = [{"name": f"/usr/bin/{name}", "detail": "root, 4755"} for name in ("chsh", "gpasswd", "mount", "newgrp", "passwd", "su", "umount")]
    bare = [{"name": "/usr/local/lib/libpython3.12.so.1.0", "detail": "no full RELRO"}]
    return [
        row("unpacked", "unpacked", "size", "bytes", "less", OURS, one["size"]["unpacked"], two["size"]["unpacked"]),
        row("compressed", "compressed", "size", "bytes", "less", OURS, one["size"]["compressed"], two["size"]["compressed"]),
        row("hidden", "hidden by later layers", "size", "bytes", "less", OURS,
            sum(x["hidden"] for x in one["layers"]), sum(x["hidden"] for x in two["layers"])),
        row("files", "files", "contents", "count", "less", OURS, a.count, b.count),
        row("packages", "packages", "contents", "count", "less", NIST, len(a.packages), len(b.packages)),
        row("compilers", "compilers and headers", "contents", "count", "less", NIST, *both(lambda p: "/gcc/" in p or "/include/" in p)),
        row("installers", "installers", "contents", "count", "less", CIS, (3, [
            {"name": "/usr/bin/apt", "detail": "apt 2.6.1"}, {"name": "/usr/bin/dpkg", "detail": "dpkg 1.21.22"},
            {"name": "/usr/local/bin/pip", "detail": "pip 24.0"}]), (0, [])),
        row("documentation", "documentation", "contents", "count", "less", OURS, *both(lambda p: p.startswith(("/usr/share/doc", "/usr/share/man")))),
        row("tests", "tests of packages", "contents", "count", "less", OURS, *both(lambda p: "/tests/" in p or "/test/" in p)),
        row("shells", "shells", "surface", "count", "less", CIS, (4, shell), (0, [])),
        row("downloaders", "programs that download", "surface", "count", "less", NIST,
            (3, [{"name": "/usr/bin/curl", "detail": "curl 7.88.1"}, {"name": "/usr/bin/git", "detail": "git 2.39.5"},
                 {"name": "/usr/bin/ssh", "detail": "openssh-client 9.2p1"}]), (0, [])),
        row("setuid", "setuid and setgid programs", "surface", "count", "less", ("CIS Docker Benchmark 1.7.0, 4.8", CIS[1]), (7, suid), (0, [])),
        row("writable", "files the user may change", "surface", "count", "less", NIST,
            (a.count, items(a, lambda p: True, 300)[1]), (1, [{"name": "/srv/shop/media", "detail": "shop, 0755"}])),
        row("user", "run-time user", "surface", "text", "less", ("CIS Docker Benchmark 1.7.0, 4.1", CIS[1]), (1, [], "root (no USER)"), (0, [], "shop (uid 10001)")),
        row("secrets", "secrets", "surface", "count", "less", ("CIS Docker Benchmark 1.7.0, 4.10", CIS[1]),
            (1, [{"name": "/srv/shop/.git/config", "detail": "password in a URL"}]), (0, [])),
        row("hardened", "hardened programs and libraries", "surface", "percent", "more", OURS, (91, bare), (98, bare)),
        row("explained", "files that a package owns", "trust", "percent", "more", NIST, 89, 93),
        row("base", "base named by digest", "trust", "text", "more", ("CIS Docker Benchmark 1.7.0, 4.2", CIS[1]), (0, [], "no"), (0, [], "no")),
        row("runs", "does it run", "trust", "text", "more", OURS, (1, [], "yes"), (1, [], "yes")),
    ]


def pair(extra=0):
    a, b = image("shop:single", True, extra), image("shop:multi", False, extra)
    one = described(a, [
        ("FROM python:3.12", 1, 0.62, 0.0), ("RUN apt-get update && apt-get install -y gcc libmariadb-dev pkg-config", 3, 0.12, 0.02),
        ("COPY requirements.txt .", 4, 0.0, 0.0), ("RUN pip install -r requirements.txt", 5, 0.2, 0.0), ("COPY . /srv/shop", 6, 0.06, 0.31)])
    two = described(b, [
        ("FROM python:3.12-slim-bookworm", 11, 0.35, 0.0), ("COPY --from=build /opt/venv /opt/venv", 12, 0.56, 0.0),
        ("RUN apt-get remove --purge -y apt bash && rm -rf /var/lib/apt", None, 0.01, 0.0), ("COPY --chown=shop shop /srv/shop", 14, 0.08, 0.0)])
    return {"version": 1, "images": [one, two], "rows": rows(one, two, a, b)}, [a.tree(), b.tree()]


def others(count):
    """The comparison of `pair`, of one image or with the last one once more."""
    comparison, trees = pair()
    for one in (comparison["images"], trees, *(row["values"] for row in comparison["rows"])):
        one[:] = (one + one[-1:])[:count]
    comparison["images"][-1] = {**comparison["images"][-1], "name": "shop:last", "digest": "", "layers": []}
    for row in comparison["rows"]:
        row["differs"] = row["differs"] and count > 1
    return comparison, trees


HOSTILE = [
    "</script><img src=x onerror=\"window.hurt=1\">", "<!--<script>", "]]>", "{{script}}", "\"'`$&'", "\\u003c\\\"", "a\tb\nc\rd", "\x00\x01\x1b[31m\x7f",
    "\U0001f4a9\U00020bb7", "b\ufffd\ufffd.txt", "\u202egnp.exe", "\u2028\u2029", "__proto__", "constructor", "toString", "..", "javascript:window.hurt=1",
    "x" * 255, "{{comparison}}", "%3Cscript%3E",
]


def hostile():
    made = []
    for name in HOSTILE[:2]:
        one = Image(name)
        for index, file in enumerate(HOSTILE):
            owner = one.own("deb", file, file)
            one.add(f"{HOSTILE[(index + 3) % len(HOSTILE)].replace('/', '')}/{file.replace('/', '')}", 1000 + 997 * index, index % 7, owner)
            one.add("files/" + file.replace("/", "_"), 500 + 31 * index, index % 7, owner)
        made.append(one)
    images = [described(one, [(HOSTILE[0], 1, 1.0, 0.0), ("x" * 900, None, 0.0, 0.0), ("", None, 0.0, 0.0)]) for one in made]
    listed = [{"name": name, "detail": name} for name in HOSTILE]
    hurt = row("shells", HOSTILE[0], "surface", "count", "less", (HOSTILE[0], "javascript:window.hurt=1"), (len(HOSTILE), listed), (0, []))
    hurt["why"] = "`</script><img src=x onerror=window.hurt=1>` and ` alone"
    runs = row("runs", "does it run", "trust", "text", "more", OURS, (0, [], f"no: `{HOSTILE[0]}` is not in it"), (None, []))
    return {"version": 1, "images": images, "rows": [hurt, runs]}, [one.tree() for one in made]


def main():
    name, folder = sys.argv[1:]
    made = {"small": pair, "large": lambda: pair(50_000), "hostile": hostile, "one": lambda: others(1), "three": lambda: others(3)}[name]()
    for what, document in zip(("comparison", "trees"), made):
        Path(folder, f"{name}.{what}.json").write_text(json.dumps(document, ensure_ascii=False, separators=(",", ":")), "utf-8")


main()
