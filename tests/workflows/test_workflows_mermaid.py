"""The graph of a workflow as Mermaid."""

from __future__ import annotations

from pytest_orchestrator.workflows.mermaid import MOST, GraphTask, mermaid


def test_states_and_times_stand_in_the_boxes_and_arrows_follow_needs() -> None:
    text = mermaid(
        [
            GraphTask("build", (), "passed", 0.25),
            GraphTask("test", ("build",), "failed", 75.0, {"passed": 2, "failed": 1}),
            GraphTask("deploy", ("build", "test"), "skipped", 0.0),
            GraphTask("later", ("deploy",)),
        ]
    )
    assert text == (
        "flowchart TD\n"
        '    t0["build<br/>passed, 250 ms"]:::passed\n'
        '    t1["test<br/>3 combinations: 2 passed, 1 failed, 1 min 15 s"]:::failed\n'
        '    t2["deploy<br/>skipped"]:::skipped\n'
        '    t3["later"]\n'
        "    t0 --> t1\n"
        "    t0 --> t2\n"
        "    t1 --> t2\n"
        "    t2 --> t3\n"
        "    classDef passed fill:#dafbe1,stroke:#1a7f37,color:#1f2328\n"
        "    classDef failed fill:#ffebe9,stroke:#cf222e,color:#1f2328\n"
        "    classDef skipped fill:#f6f8fa,stroke:#8c959f,color:#57606a\n"
    )


def test_no_sign_of_a_name_or_note_means_anything_to_mermaid() -> None:
    text = mermaid([GraphTask('end"];evil', note="<script> `x` #1")])
    assert '"end#34;];evil' not in text
    assert text.splitlines()[1] == '    t0["end#34;]#59;evil<br/>#60;script#62; #96;x#96; #35;1"]'


def test_a_graph_is_bounded_and_says_so() -> None:
    text = mermaid(GraphTask(f"n{number}", (f"n{number - 1}",)) for number in range(MOST + 20))
    assert text.count("-->") == MOST - 1
    assert "… and 20 more tasks" in text
