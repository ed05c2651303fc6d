"""Who leads agents asks qcctl why a call went where it did."""

import json

from calls import Refused
from cluster import run
from nodes import Nodes, wait_for

CENTRE = """
tenant:
  key: demo
  label: Demo
  default_country: GB
  quotas: {subjects: 8}
skills:
  - {key: english, level_max: 10}
agents:
  - {key: eva, skills: [{skill: english, level: 9}]}
  - {key: max, skills: [{skill: english, level: 9}]}
  - {key: bob, skills: [{skill: english, level: 4}]}
queues:
  - {key: calls}
subjects:
  - key: calls
    queue: calls
    steps:
      - {requirements: [{skill: english, min_level: 7}], timeout_ms: 600000}
      - {requirements: [{skill: english}]}
    context_rules:
      - label: gold
        predicate: [{op: EQ, field: context.tier, texts: [gold]}]
        priority_delta: 50
      - label: native
        predicate:
          - {op: EXISTS, field: language}
          - {op: PREFIX, field: language, texts: [en]}
          - {op: NOT}
          - {op: AND}
        add_requirement: {skill: english, min_level: 10}
"""


def _centre(nodes):
    """Eva and Bob are there, and ready; Max is not."""
    wait_for(
        lambda: nodes.call_until_told(
            "ClusterService/ListMembers", tenant=None
        ).cluster_version
        >= 4,
        "a cluster version that knows agents",
    )
    path = nodes.top / "centre.yaml"
    path.write_text(CENTRE)
    nodes.qcctl("config", "apply", str(path), "--timeout", "20s")
    for agent in ("eva", "bob"):
        nodes.call_until_told("AgentService/Login", agent=agent, ready=True)


def _enqueue(nodes, ext_ref):
    return nodes.call_until_told(
        "RoutingService/EnqueueInteraction",
        subject="calls",
        ext_ref=ext_ref,
        connector="pbx",
    )


def _ask(nodes, *words, expect=0):
    return nodes.qcctl(*words, "--tenant", "demo", expect=expect)


def why_a_call_went_to_one_agent_and_another_one_waits_is_told():
    """domain model D.18: by qcctl, in words for people and as the contract has it."""
    with Nodes(hundreds=1) as nodes:
        _centre(nodes)
        simulated = _ask(nodes, "route", "simulate", "calls", "--agent", "bob")
        assert "eva would be asked: ready longest" in simulated, simulated
        assert "about bob, as it is now: is meant from a later step on" in simulated

        taken, waits = (_enqueue(nodes, ref) for ref in ("one", "two"))
        assert taken.agent == "eva", taken
        told = _ask(nodes, "route", "explain", taken.interaction_id)
        assert "eva is asked: ready longest" in told, told
        assert "2 agents are meant, of these 1 signed in, 1 ready, 1 free" in told

        told = _ask(nodes, "route", "explain", waits.interaction_id, "--agent", "max")
        assert "now it waits: place 1 in line" in told, told
        assert "has as much to do as fits" in told, told
        assert "english 4, at least 7 is asked for" in told, told
        assert "about max, as it is now: not signed in" in told, told

        # One decision, by the id that enqueueing gave, and in the contract's form.
        one = json.loads(
            _ask(nodes, "route", "explain", waits.decision_id, "-o", "json")
        )
        assert [d["decisionId"] for d in one["decisions"]] == [waits.decision_id], one
        assert one["decisions"][0]["candidates"][0] == {
            "agent": "eva",
            "passedOver": "PASSED_OVER_NO_CAPACITY",
            "step": 1,
        }, one

        # What is known of it would change that.
        told = _ask(
            nodes, "route", "simulate", "calls", "--attached", "tier=gold",
            "--language", "fr", "--agent", "eva",
        )
        assert "of 2 context rules of calls 2 held:" in told, told
        assert "1 gold; priority +50" in told, told
        assert "2 native; english is asked for, at least 10" in told, told
        assert "english 9, at least 10 is asked for" in told, told
        told = _ask(nodes, "route", "explain", waits.interaction_id)
        assert "of 2 context rules of calls none held" in told, told

        listed = _ask(nodes, "interaction", "list", "--state", "queued", "-o", "raw")
        assert waits.interaction_id in listed and taken.interaction_id not in listed
        place = json.loads(
            _ask(nodes, "interaction", "position", waits.interaction_id, "-o", "json")
        )
        assert place["position"] == "1", place


def what_cannot_be_explained_is_said_with_what_to_do_next():
    """An id that there is not, and a request without one."""
    with Nodes(hundreds=1) as nodes:
        endpoints = ",".join(nodes.nodes)
        _, said = run(
            "route", "explain", "ix_0000000000000", "--tenant", "demo",
            expect=1, endpoints=endpoints,
        )
        assert "NOT_FOUND" in said and "interaction list" in said, said
        try:
            nodes.call("RoutingService/ExplainDecision")
            raise AssertionError("it was let through")
        except Refused as refused:
            assert refused.reason == "INVALID", refused
