#!/usr/bin/env python3
"""The harness of harness.ts once more, in Python: the same repair desk, decision by decision.

Retrieval is BM25 over the offered passages; tools and model are answered by the recording. Three rules make it replayable:
every outside answer comes from `pinned`, nothing is kept from one case to the next, and what it returns names the passages
that it kept.
"""

import json
import math
import re

from autotune_harness import serve

MODEL = "desk-small"
INSTRUCTIONS = (
    "You are the repair desk. Name the one part that mends the fault. "
    "Follow bulletins over the manual. Warn before anything is opened."
)


def replay(recorded, settings, pinned):
    question = "\n".join(m["content"] for m in recorded["messages"])
    top_k = settings["evidence.manual.top_k"]
    offered = pinned.retrieve("manual", hop=1, top_k=top_k)
    kept = within_budget(by_relevance(offered, question)[:top_k], settings["budget.evidence_tokens"])
    evidence_refs = [p["evidence_ref"] for p in kept]

    def escalated(reason, usage):
        return {"status": "ESCALATED", "outputs": {"reason": reason}, "evidence_refs": evidence_refs, "usage": usage}

    code = re.search(r"\bE-\d+\b", question)
    if not code or not any(code.group() in (p["text"] or "") for p in kept):
        return escalated("not in the manual", [])

    context = "\n\n".join([INSTRUCTIONS, *(p["text"] or "" for p in kept), question])
    choice = pinned.model(context)
    if not choice["tool_calls"]:
        return escalated("no part named", [usage_of(context, choice)])

    call = choice["tool_calls"][0]
    stock = pinned.tool(call["name"], call["arguments"])
    prompt = f"{context}\n\n{stock['content']}"
    answer = pinned.model(prompt)
    return {
        "status": "DECIDED",
        "outputs": {
            **call["arguments"],
            "stock": json.loads(stock["content"] or "null"),
            "answer": answer["content"],
        },
        "evidence_refs": evidence_refs,
        "usage": [usage_of(context, choice), usage_of(prompt, answer)],
    }


def by_relevance(passages, question):
    """Passages by BM25+ against the question, best first; ties keep the order of their refs."""
    scores = bm25([words(p["text"] or "") for p in passages], words(question))
    order = sorted(range(len(passages)), key=lambda i: (-scores[i], passages[i]["evidence_ref"]))
    return [passages[i] for i in order]


def bm25(texts, query, k=1.2, b=0.7, d=0.5):
    """Scores of texts as MiniSearch gives them: BM25+ over distinct words, times the number of query words that hit."""
    counts = [{word: text.count(word) for word in text} for text in texts]
    average = 0.0
    for n, count in enumerate(counts):
        average = (average * n + len(count)) / (n + 1)
    scores = [0.0] * len(texts)
    hits = [set() for _ in texts]
    for word in query:
        holding = [i for i, count in enumerate(counts) if word in count]
        rarity = math.log(1 + (len(texts) - len(holding) + 0.5) / (len(holding) + 0.5)) if holding else 0
        for i in holding:
            often = counts[i][word]
            length = 1 - b + b * len(counts[i]) / average
            scores[i] += rarity * (d + often * (k + 1) / (often + k * length))
            hits[i].add(word)
    return [score * (len(hit) or 1) for score, hit in zip(scores, hits)]


def words(text):
    return re.findall(r"[a-z]+-?\d+|[a-z]{4,}", text.lower())


def within_budget(passages, budget):
    """Whole passages in order, until one does not fit."""
    kept = []
    for passage in passages:
        budget -= tokens_of(passage["text"] or "")
        if budget < 0:
            break
        kept.append(passage)
    return kept


def usage_of(prompt, answer):
    """Prompt tokens are what this prompt holds now; the answer is the recorded one, and so are its tokens."""
    return {
        "model": MODEL,
        "prompt_tokens": tokens_of(prompt),
        "completion_tokens": answer["completion_tokens"] or 0,
    }


def tokens_of(text):
    """The rule for texts without recorded tokens: four characters a token."""
    return math.ceil(len(text) / 4)


if __name__ == "__main__":
    serve(replay)
