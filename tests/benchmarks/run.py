"""Compare this plugin with its peers: interleaved rounds, medians, ratios.

    python tests/benchmarks/run.py [GROUP ...] [--rounds N] [--without PROGRAM ...]

Groups: cold (what the plugin costs a run that does not use it), instructions (the same, counted by valgrind: no matter
what else the machine does), shell (1000 trivial scripts), shell10000, python
(1000 Python scripts), skew (one long script among short ones), output (20 x 50 MiB), parent (starting programs from a
process with 1 GB of heap), items (10 000 items that do nothing), scale (100 to 100 000 scripts, one run each, and as
many items that do nothing), where (whose CPU time 1000 scripts are), skills (1000 and 10 000 of them, checked in one
process and by pytest). Peers that are not installed (ctest, lit, a C compiler ...) are left out and named.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import corpus

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).resolve().parent
ENGINE_LOOP = HERE / "engine_loop.py"
OWN_CPU = HERE / "own_cpu.py"
SKILL_CHECKS = HERE / "skill_checks.py"
REAP_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Row:
    """One command of a group."""

    name: str
    command: list[str]
    cwd: Path


@dataclass(frozen=True, slots=True)
class Sample:
    """One run of a command: wall and CPU seconds of the whole tree, peak resident MiB of its largest process."""

    wall: float
    cpu: float
    rss: float
    status: int


def measure(row: Row) -> Sample:
    """Run ``row`` once."""
    began = time.perf_counter()
    process = subprocess.Popen(
        row.command, cwd=row.cwd, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    cpu, rss = usage.ru_utime + usage.ru_stime, usage.ru_maxrss
    # A helper process that outlives its parent is handed to us (see main): its time belongs to the command.
    end = time.monotonic() + REAP_SECONDS
    while time.monotonic() < end:
        try:
            _, _, more = os.wait4(-1, 0)
        except ChildProcessError:
            break
        cpu, rss = cpu + more.ru_utime + more.ru_stime, max(rss, more.ru_maxrss)
    return Sample(wall, cpu, rss / 1024, process.returncode)


def compare(title: str, rows: list[Row], rounds: int) -> None:
    """Run every row once a round, after one round that is not counted, and print medians and ratios to the first."""
    samples: dict[str, list[Sample]] = {row.name: [] for row in rows}
    for number in range(rounds + 1):
        for row in rows:
            sample = measure(row)
            if number:
                samples[row.name].append(sample)
            elif sample.status:
                print(f"note: {row.name} ended with {sample.status}")
    print(f"\n{title} ({rounds} rounds)\n")
    print("| command | wall s | min | max | CPU s | peak MiB | wall ratio | CPU ratio | paired difference ms |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    base_wall = base_cpu = 0.0
    first = samples[rows[0].name]
    for name, runs in samples.items():
        walls = [run.wall for run in runs]
        difference = statistics.median(run.wall - base.wall for run, base in zip(runs, first, strict=True))
        wall, cpu = statistics.median(walls), statistics.median(run.cpu for run in runs)
        rss = statistics.median(run.rss for run in runs)
        base_wall, base_cpu = base_wall or wall, base_cpu or cpu
        print(
            f"| {name} | {wall:.3f} | {min(walls):.3f} | {max(walls):.3f} | {cpu:.3f} | {rss:.0f} "
            f"| {wall / base_wall:.2f} | {cpu / base_cpu:.2f} | {1000 * difference:.1f} |"
        )


def pytest(*words: str) -> list[str]:
    """Return a pytest command with nothing but this plugin's own dependencies."""
    return [sys.executable, "-m", "pytest", "-q", *words]


def floor(root: Path) -> str | None:
    """Return the compiled floor, if there is a C compiler."""
    compiler = shutil.which("cc")
    if compiler is None:
        print("left out: the C floor (no compiler)")
        return None
    target = root / "floor"
    subprocess.run([compiler, "-O2", "-o", str(target), str(HERE / "floor.c")], check=True)
    return str(target)


def shell_rows(root: Path, count: int = 1000) -> list[Row]:
    """Return the commands that run the same trivial scripts."""
    tree = corpus.shell(root, count)
    rows = []
    # Of its own, or every run would hold the ids of both in memory.
    plain = ["test_plain.py", "-o", "cache_dir=.plain_cache"]
    bare = floor(root)
    if bare:
        rows.append(Row("bare posix_spawn loop (C), 2 at a time", [bare, "scripts", "2"], tree))
    rows += [
        Row("pytest --orchestrate, jobs 2", pytest("--orchestrate", "scripts", "--orchestrate-jobs", "2"), tree),
        Row("the same, reports off", pytest("--orchestrate", "scripts", "--orchestrate-jobs", "2",
                                            "--orchestrate-reports", "off"), tree),
        Row("pytest --orchestrate, jobs 1", pytest("--orchestrate", "scripts"), tree),
        Row("pytest --orchestrate -n2", pytest("--orchestrate", "scripts", "-n2"), tree),
        Row("pytest + subprocess.run", pytest(*plain), tree),
        Row("pytest + subprocess.run, -n2", pytest(*plain, "-n2"), tree),
    ]  # fmt: skip
    peers = [
        ("xargs", "xargs -P2", ["sh", "-c", "ls scripts/* | xargs -P2 -n1 sh -c '\"$0\" >/dev/null'"], tree),
        ("make", "make -j2", ["make", "-s", "-j2"], tree),
        ("ctest", "ctest -j2", ["ctest", "-j2"], tree / "ctest"),
        ("lit", "lit -j2", ["lit", "-j2", "-q", "lit"], tree),
    ]
    if count <= SLOW_PEERS:
        peers += [
            ("prysk", "prysk", ["prysk", "-q", "prysk"], tree),
            ("bats", "bats -j2 (needs GNU parallel)", ["bats", "-j", "2", "bats"], tree),
            ("parallel", "GNU parallel -j2", ["sh", "-c", "ls scripts/* | parallel --will-cite -j 2 >/dev/null"], tree),
        ]
    return rows + [Row(name, command, cwd) for program, name, words, cwd in peers if (command := found(program, words))]


SLOW_PEERS = 1000
"""Up to how many scripts the peers that take more than 10 ms for each one are measured."""


LEFT_OUT: set[str] = set()
"""Peers that are not to be measured."""


def found(program: str, words: list[str]) -> list[str] | None:
    """Return ``words`` with the program's path, which may be beside the interpreter; None if it is not installed."""
    path = shutil.which(program) or shutil.which(program, path=str(Path(sys.executable).parent))
    if program in LEFT_OUT:
        return None
    if path is None:
        print(f"left out: {program} (not installed)")
        return None
    return [path if words[0] == program else words[0], *words[1:]]


def cold_rows(root: Path) -> list[Row]:
    """Return a run that uses nothing of the plugin, with and without it."""
    tree = corpus.empty(root)
    return [
        Row("pytest -p no:orchestrator", pytest("-p", "no:orchestrator"), tree),
        Row("pytest", pytest(), tree),
    ]


def show_instructions(root: Path) -> None:
    """Print how many instructions a run takes that uses nothing of the plugin, with and without it."""
    rows = [row for row in cold_rows(root) if found("valgrind", ["valgrind"])]
    environment = os.environ | {"PYTHONHASHSEED": "0"}
    print("\n| command | million instructions |\n|---|---:|")
    for row in rows:
        subprocess.run(row.command, cwd=row.cwd, stdout=subprocess.DEVNULL, check=True)  # compiles what is new
        words = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *row.command]
        done = subprocess.run(words, cwd=row.cwd, env=environment, capture_output=True, text=True)
        (count,) = re.findall(r"Collected : (\d+)", done.stderr)
        print(f"| {row.name} | {int(count) / 1e6:.1f} |")


def python_rows(root: Path) -> list[Row]:
    """Return the commands that run Python scripts."""
    tree = corpus.python(root, 1000)
    loop = f"ls scripts/* | xargs -P2 -n1 {sys.executable} >/dev/null"
    return [
        Row("xargs -P2 python", ["sh", "-c", loop], tree),
        Row("pytest --orchestrate, jobs 2", pytest("--orchestrate", "scripts", "--orchestrate-jobs", "2"), tree),
        Row("pytest --orchestrate, jobs 2, warm", pytest("--orchestrate", "scripts", "--orchestrate-jobs", "2",
                                                         "--orchestrate-python=warm"), tree),
    ]  # fmt: skip


def output_rows(root: Path) -> list[Row]:
    """Return the run with much output; its peak memory is what counts."""
    tree = corpus.big_output(root)
    nothing = corpus.empty(root)
    return [
        Row("pytest, nothing to do", pytest(), nothing),
        Row("20 x 50 MiB, jobs 2", pytest("--orchestrate", "scripts", "--orchestrate-jobs", "2"), tree),
    ]


def engine_rows(heaps: tuple[int, ...]) -> list[Row]:
    """Return the engine alone, started from processes with so many MiB of heap."""
    return [
        Row(f"{count} programs from a process with {heap} MiB",
            [sys.executable, str(ENGINE_LOOP), str(heap), str(count)], HERE)
        for heap in heaps
        for count in (0, 1000)
    ]  # fmt: skip


def item_rows(root: Path, count: int = 10_000) -> list[Row]:
    """Return runs in which no program is started: what an item itself costs, reports off."""
    tree = corpus.shell(root, count)
    nothing = ("-p", "noop_items", "--orchestrate-reports", "off", "--orchestrate")
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(HERE), os.environ.get("PYTHONPATH")]))
    return [
        Row("one item that does nothing", pytest(*nothing, "scripts/s00000.sh"), tree),
        Row(f"{count}, the short way", pytest(*nothing, "scripts"), tree),
        Row(f"{count}, pytest's own protocol", pytest(*nothing, "scripts", "-p", "no:orchestrator-fast"), tree),
        Row(f"{count} bare items without this plugin", pytest("-p", "no:orchestrator", "items"),
            corpus.bare_items(root, count)),
    ]  # fmt: skip


def show_scale(root: Path, counts: tuple[int, ...] = (100, 1000, 10_000, 100_000)) -> None:
    """Run trees of different sizes once each and print what they cost, and how large their reports are."""
    print("\n| scripts | wall s | CPU s | per script ms | peak MiB | report.md | results.jsonl | logs |")
    print("|---:|---:|---:|---:|---:|---:|---:|---:|")
    for count in counts:
        tree = corpus.shell(root, count)
        sample = measure(Row("", pytest("--orchestrate", "scripts", "--orchestrate-jobs", "2"), tree))
        reports = tree / ".orchestrator"
        logs = sum(path.stat().st_size for path in (reports / "logs").rglob("*") if path.is_file())
        sizes = [(reports / name).stat().st_size for name in ("report.md", "results.jsonl")]
        shown = " | ".join(f"{size / 1024:.0f} KiB" for size in (*sizes, logs))
        print(
            f"| {count} | {sample.wall:.1f} | {sample.cpu:.1f} | {1000 * sample.wall / count:.2f} "
            f"| {sample.rss:.0f} | {shown} |"
        )
    print("\n| items that do nothing | wall s | CPU s | per item µs | peak MiB |")
    print("|---:|---:|---:|---:|---:|")
    for count in counts:
        sample = measure(item_rows(root, count)[1])
        cost = 1_000_000 * sample.cpu / count
        print(f"| {count} | {sample.wall:.1f} | {sample.cpu:.1f} | {cost:.0f} | {sample.rss:.0f} |")


def show_where(root: Path, rounds: int, count: int = 1000) -> None:
    """Print whose CPU time the run of many trivial scripts is."""
    tree = corpus.shell(root, count)
    words = [sys.executable, str(OWN_CPU), "-q", "--orchestrate", "scripts", "--orchestrate-jobs", "2"]
    start = [
        sys.executable,
        str(OWN_CPU),
        "-q",
        "--orchestrate",
        "scripts/s00000.sh",
        "--orchestrate-report-dir",
        "one",
    ]
    shares: list[dict[str, float]] = []
    for _ in range(rounds):
        one, _ = own_cpu(Row("", start, tree))
        own, whole = own_cpu(Row("", words, tree))
        lines = (tree / ".orchestrator/results.jsonl").read_text().splitlines()
        results = [json.loads(line) for line in lines]
        scripts = sum(result["data"]["cpu_time"] for result in results if result["type"] == "result")
        shares.append(
            {
                "the scripts: what the kernel counts for them, from their start to their end": scripts,
                "the supervisor: starting, awaiting, reading output, removing files": whole - own - scripts,
                "pytest's process: its start with one script, imports included": one,
                f"pytest's process: {count - 1} more scripts, with all reports": own - one,
            }
        )
    print(f"\nWhere the CPU time of {count} scripts goes ({rounds} rounds)\n")
    print("| what | CPU s | share |")
    print("|---|---:|---:|")
    medians = {what: statistics.median(share[what] for share in shares) for what in shares[0]}
    for what, seconds in medians.items():
        print(f"| {what} | {seconds:.3f} | {seconds / sum(medians.values()):.0%} |")


def own_cpu(row: Row) -> tuple[float, float]:
    """Return the CPU seconds of pytest's process itself, and those of the whole tree."""
    with tempfile.TemporaryFile("w+") as told:
        process = subprocess.Popen(row.command, cwd=row.cwd, stdout=subprocess.DEVNULL, stderr=told)
        _, _, usage = os.wait4(process.pid, 0)
        process.returncode = 0
        whole = usage.ru_utime + usage.ru_stime
        while True:
            try:
                _, _, more = os.wait4(-1, 0)
            except ChildProcessError:
                break
            whole += more.ru_utime + more.ru_stime
        told.seek(0)
        return float(told.read().split()[-1]), whole


def show_skills(root: Path, rounds: int) -> None:
    """Check skills in one process, print medians of what that took and per skill, then let pytest do it."""
    trees = {
        "1000 `SKILL.md`": corpus.skills(root, 1000),
        "10 000 `SKILL.md`": corpus.skills(root, 10_000),
        "1000, a quarter with files": corpus.skills(root, 1000, with_files=True),
    }
    print(f"\nSkills in one process ({rounds} rounds)\n")
    print("| skills | read s | parse s | rules s | all s | all CPU s | per skill ms | findings |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    for name, tree in trees.items():
        runs = [skill_seconds(tree) for _ in range(rounds)]
        wall = {what: statistics.median(run[what][0] for run in runs) for what in ("read", "parse", "rules", "all")}
        cpu, count = statistics.median(run["all"][1] for run in runs), runs[0]["skills"][0]
        shown = " | ".join(f"{seconds:.3f}" for seconds in (*wall.values(), cpu))
        print(f"| {name} | {shown} | {1000 * wall['all'] / count:.2f} | {runs[0]['findings'][0]:.0f} |")
    checks = ("--orchestrate", "skills", "--orchestrate-config", "no-shellcheck.yaml")
    tree = trees["1000 `SKILL.md`"]
    rows = [
        Row("pytest, one test that does nothing", pytest(), corpus.empty(root)),
        Row("pytest --orchestrate skills", pytest(*checks), tree),
        Row("the same, reports off", pytest(*checks, "--orchestrate-reports", "off"), tree),
        Row("the same, -n2", pytest(*checks, "-n2"), tree),
        Row("pytest-orchestrator skills check",
            [sys.executable, "-m", "pytest_orchestrator", "skills", "check", "skills"], tree),
    ]  # fmt: skip
    compare("1000 skills", rows, rounds)


def skill_seconds(tree: Path) -> dict[str, list[float]]:
    """Return what the program that checks skills told: seconds, or a count."""
    command = [sys.executable, str(SKILL_CHECKS), "skills"]
    told = subprocess.run(command, cwd=tree, check=True, capture_output=True, text=True).stdout
    return {line.split("\t")[0]: [float(word) for word in line.split("\t")[1:]] for line in told.splitlines()}


def skew_rows(root: Path) -> list[Row]:
    """Return the commands that run one long script among many short ones; the round before the first records them."""
    tree = corpus.skewed(root)
    plain = ["--orchestrate-order", "path"]
    rows = [
        Row("pytest, nothing to do", pytest(), corpus.empty(root)),
        Row("jobs 2, nothing recorded", pytest("--orchestrate", "scripts", "--orchestrate-jobs", "2", *plain), tree),
        Row("jobs 2, durations recorded", pytest("--orchestrate", "scripts", "--orchestrate-jobs", "2"), tree),
        Row("-n2, nothing recorded", pytest("--orchestrate", "scripts", "-n2", *plain), tree),
        Row("-n2, durations recorded", pytest("--orchestrate", "scripts", "-n2"), tree),
        Row("pytest + subprocess.run, -n2", pytest("test_plain.py", "-n2"), tree),
    ]
    command = found("ctest", ["ctest", "-j2"])
    return [*rows, Row("ctest -j2, costs recorded", command, tree / "ctest")] if command else rows


def main() -> None:
    """Read the command line and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("groups", nargs="*", default=["cold", "shell"])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--without", nargs="+", default=[], metavar="PROGRAM", help="peers to leave out: bats is slow")
    options = parser.parse_args()
    LEFT_OUT.update(options.without)
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # orphans come to us, so that their time is counted
    for name in ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED"):
        os.environ.pop(name, None)  # a package that was installed is compiled, a terminal is buffered
    root = corpus.default_root()
    root.mkdir(parents=True, exist_ok=True)
    groups: dict[str, tuple[str, Callable[[], list[Row]]]] = {
        "cold": ("A run without --orchestrate", lambda: cold_rows(root)),
        "shell": ("1000 trivial shell scripts", lambda: shell_rows(root)),
        "shell10000": ("10 000 trivial shell scripts", lambda: shell_rows(root, 10000)),
        "skew": ("One script of 4 s, the last one, among 196 of 25 ms", lambda: skew_rows(root)),
        "python": ("1000 Python scripts", lambda: python_rows(root)),
        "output": ("Much output", lambda: output_rows(root)),
        "items": ("10 000 items that do nothing", lambda: item_rows(root)),
        "parent": ("Starting programs from a large process", lambda: engine_rows((0, 1000))),
    }
    for name in options.groups:
        if name == "scale":
            show_scale(root)
            continue
        if name == "instructions":
            show_instructions(root)
            continue
        if name == "where":
            show_where(root, options.rounds)
            continue
        if name == "skills":
            show_skills(root, options.rounds)
            continue
        title, rows = groups[name]
        compare(title, rows(), options.rounds)


if __name__ == "__main__":
    main()
