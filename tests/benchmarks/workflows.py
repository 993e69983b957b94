"""What a workflow costs above its tasks: ours beside a bare loop of asyncio and graphlib, and beside other engines.

    python tests/benchmarks/workflows.py [--rounds 7] [--shapes chain,fan-out,layers] [--journal] [--large]
        [--beside dask,luigi,doit,prefect] [--profile chain]

Tasks do nothing. Each number is the median of the rounds, in microseconds for each task; what is compared takes turns
within a round, so that a busy moment meets all. ``build`` is making the graph, ``run`` is running it. ``--journal``
adds runs that keep a journal, ``--large`` 100 000 tasks and the memory of each. Another engine is measured only when
it is installed.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import gc
import importlib.util
import pstats
import statistics
import sys
import tempfile
import time
import tracemalloc
from graphlib import TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_orchestrator.workflows.workflow import Workflow

if TYPE_CHECKING:
    from collections.abc import Callable

    Graph = dict[str, list[str]]
    Times = tuple[float, float]

WIDTH = 100
"""Tasks of a layer, of which each needs three of the layer before."""


async def nothing() -> Any:
    """Do nothing, as a coroutine."""


def nothing_at_all() -> None:
    """Do nothing, as a function."""


def chain(count: int) -> Graph:
    """Return tasks of which each needs the one before."""
    return {f"t{i}": [f"t{i - 1}"] if i else [] for i in range(count)}


def fan_out(count: int) -> Graph:
    """Return one task, many that need it, and one that needs them all."""
    middle = [f"t{i}" for i in range(1, count - 1)]
    return {"t0": [], **{name: ["t0"] for name in middle}, "end": middle}


def layers(count: int) -> Graph:
    """Return layers, each task of which needs three of the layer before."""
    return {
        f"t{i}": [f"t{(i // WIDTH - 1) * WIDTH + (i + step) % WIDTH}" for step in range(3)] if i >= WIDTH else []
        for i in range(count)
    }


SHAPES: dict[str, tuple[Callable[[int], Graph], int]] = {
    "chain": (chain, 1000),
    "fan-out": (fan_out, 1000),
    "layers": (layers, 10_000),
}


def bare(graph: Graph) -> Times:
    """Run a graph as one would by hand: graphlib says what is ready, a TaskGroup runs it."""

    async def run(sorter: TopologicalSorter[str]) -> dict[str, Any]:
        results: dict[str, Any] = {}
        finished: asyncio.Queue[str] = asyncio.Queue()

        async def one(name: str) -> None:
            results[name] = await nothing()
            finished.put_nowait(name)

        async with asyncio.TaskGroup() as group:
            while sorter.is_active():
                for name in sorter.get_ready():
                    group.create_task(one(name))
                sorter.done(await finished.get())
        return results

    begun = time.perf_counter()
    sorter = TopologicalSorter(graph)
    sorter.prepare()
    built = time.perf_counter()
    results = asyncio.run(run(sorter))
    ended = time.perf_counter()
    assert len(results) == len(graph)
    return built - begun, ended - built


def ours(graph: Graph, **options: Any) -> Times:
    """Run a graph as a workflow."""
    begun = time.perf_counter()
    workflow = Workflow("benchmark", **options)
    for name, needed in graph.items():
        workflow.add_task(name, nothing, needed)
    built = time.perf_counter()
    results = workflow.run_sync()
    ended = time.perf_counter()
    assert len(results) == len(graph)
    return built - begun, ended - built


def journalled(graph: Graph, sync: str = "normal") -> Times:
    """Run a graph as a workflow that keeps a journal."""
    with tempfile.TemporaryDirectory() as directory:
        return ours(graph, journal=Path(directory, "journal.sqlite"), journal_sync=sync)


def in_threads(graph: Graph) -> Times:
    """Run a graph of plain functions as a workflow: each is called in a thread."""
    begun = time.perf_counter()
    workflow = Workflow("benchmark")
    for name, needed in graph.items():
        workflow.add_task(name, nothing_at_all, needed)
    built = time.perf_counter()
    workflow.run_sync()
    return built - begun, time.perf_counter() - built


def dask_local(graph: Graph) -> Times:
    """Run a graph with dask's own scheduler, in this thread."""
    import dask  # type: ignore[import-not-found,unused-ignore]

    begun = time.perf_counter()
    tasks = {name: (lambda *_: None, *needed) for name, needed in graph.items()}
    built = time.perf_counter()
    dask.get(tasks, list(graph))
    return built - begun, time.perf_counter() - built


def luigi(graph: Graph) -> Times:
    """Run a graph with luigi's local scheduler and one worker."""
    import luigi as engine  # type: ignore[import-not-found,unused-ignore]

    done: set[str] = set()

    class Step(engine.Task):  # type: ignore[misc,unused-ignore]
        name = engine.Parameter()

        def requires(self) -> list[Step]:
            return [Step(name=each) for each in graph[self.name]]

        def complete(self) -> bool:
            return self.name in done

        def run(self) -> None:
            done.add(self.name)

    begun = time.perf_counter()
    needed = {each for several in graph.values() for each in several}
    steps = [Step(name=name) for name in graph if name not in needed]  # it would go through the graph for each
    built = time.perf_counter()
    engine.build(steps, local_scheduler=True, log_level="CRITICAL")
    assert len(done) == len(graph)
    return built - begun, time.perf_counter() - built


def doit(graph: Graph) -> Times:
    """Run a graph with doit, in memory."""
    from doit.cmd_base import ModuleTaskLoader  # type: ignore[import-not-found,unused-ignore]
    from doit.doit_cmd import DoitMain  # type: ignore[import-not-found,unused-ignore]

    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, 20 * len(graph)))

    def task_all() -> Any:
        for name, needed in graph.items():
            yield {"basename": name, "actions": [nothing_at_all], "task_dep": needed}

    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as directory:
        settings = {"dep_file": str(Path(directory, "db")), "verbosity": 0, "reporter": "zero"}
        main = DoitMain(ModuleTaskLoader({"task_all": task_all, "DOIT_CONFIG": settings}))
        built = time.perf_counter()
        assert main.run(["run"]) == 0
        ended = time.perf_counter()
    sys.setrecursionlimit(limit)
    return built - begun, ended - built


def prefect(graph: Graph) -> Times:
    """Run a graph with Prefect, whose server it starts; give it small graphs."""
    from prefect import flow, task  # type: ignore[import-not-found,unused-ignore]

    step = task(nothing_at_all)

    @flow  # type: ignore[untyped-decorator,unused-ignore]
    def everything() -> None:
        futures: dict[str, Any] = {}
        for name, needed in graph.items():
            futures[name] = step.submit(wait_for=[futures[each] for each in needed])
        for future in futures.values():
            future.wait()

    begun = time.perf_counter()
    everything()
    return 0.0, time.perf_counter() - begun


OTHERS: dict[str, Callable[[Graph], Times]] = {
    "dask": dask_local, "luigi": luigi, "doit": doit, "prefect": prefect,
}  # fmt: skip


def measure(graph: Graph, engines: dict[str, Callable[[Graph], Times]], rounds: int) -> dict[str, list[Times]]:
    """Return the times of each engine, in microseconds for each task; the first round is thrown away."""
    times: dict[str, list[Times]] = {name: [] for name in engines}
    for number in range(rounds + 1):
        for name, engine in engines.items():
            gc.collect()
            build, run = engine(graph)
            if number:
                times[name].append((build / len(graph) * 1e6, run / len(graph) * 1e6))
    return times


def show(shape: str, count: int, engines: dict[str, Callable[[Graph], Times]], rounds: int) -> None:
    """Measure a shape and print its rows; the ratio is that of two runs which followed each other, at the median."""
    times = measure(SHAPES[shape][0](count), engines, rounds)
    for name, values in times.items():
        build, run = (statistics.median(column) for column in zip(*values, strict=True))
        ratio = statistics.median(mine[1] / its[1] for mine, its in zip(values, times["bare loop"], strict=True))
        print(f"| {shape} {count} | {name} | {build:.1f} | {run:.1f} | {ratio:.2f} |", flush=True)


def show_memory(count: int) -> None:
    """Print how much memory a task takes when the workflow is built, and when it has run."""
    graph = layers(count)
    gc.collect()
    tracemalloc.start()
    workflow = Workflow("benchmark")
    for name, needed in graph.items():
        workflow.add_task(name, nothing, needed)
    built = tracemalloc.get_traced_memory()[0]
    workflow.run_sync()
    gc.collect()
    ended, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    print(f"\nmemory of {count} tasks, bytes each: {built / count:.0f} built, {ended / count:.0f} when all have ended, "
          f"{peak / count:.0f} at the most")  # fmt: skip


def main() -> int:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description="Measure workflows.")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--shapes", default=",".join(SHAPES))
    parser.add_argument("--journal", action="store_true")
    parser.add_argument("--threads", action="store_true", help="plain functions, too")
    parser.add_argument("--large", action="store_true", help="100 000 tasks, and the memory of each")
    parser.add_argument("--beside", default="", help=f"other engines, of {', '.join(OTHERS)}")
    parser.add_argument("--profile", metavar="SHAPE", help="profile one run of ours instead")
    given = parser.parse_args()
    if given.profile:
        shape, count = SHAPES[given.profile]
        profile = cProfile.Profile()
        profile.runcall(ours, shape(count))
        pstats.Stats(profile).sort_stats("tottime").print_stats(25)
        return 0
    engines: dict[str, Callable[[Graph], Times]] = {"bare loop": bare, "ours": ours}
    if given.journal:
        engines["ours, journal"] = journalled
        engines["ours, journal, full"] = lambda graph: journalled(graph, "full")
    if given.threads:
        engines["ours, in threads"] = in_threads
    for name in filter(None, given.beside.split(",")):
        if importlib.util.find_spec(name) is None:
            print(f"{name} is not installed, and left out", file=sys.stderr)
        else:
            engines[name] = OTHERS[name]
    print("| graph | engine | build, µs | run, µs | run ÷ bare loop |\n|---|---|---|---|---|")
    for shape in given.shapes.split(","):
        show(shape, SHAPES[shape][1], engines, given.rounds)
    if given.large:
        for shape in given.shapes.split(","):
            show(shape, 100_000, {"bare loop": bare, "ours": ours}, min(given.rounds, 3))
        show_memory(100_000)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
