/** A foreign record and its map, as docs/recipes.md shows them. */
export const README_RECORD = {
  ...{ id: 'q-17', customer: 'c-4', asked: 'Where is it?', needed: ['kb-3'], resolved: true, ms: 2310 },
  passages: [{ id: 'kb-3', from: 'faq', body: 'Parcels take two days.' }],
}
export const README_MAP = `{
  "run_id": id, "family_id": customer, "intent_id": "support.faq",
  "settings": { "evidence.kb.top_k": 8 },
  "offers": { "kb": { "depth": 8, "exhausted": $count(passages) < 8 } },
  "evidence": passages#$i.{ "evidence_ref": id, "bucket": "kb", "source": from, "hop": 1,
    "ranks": { "as_ranked": $i + 1 }, "text": body, "gold": id in $$.needed },
  "steps": [{ "kind": "message", "role": "user", "content": asked }],
  "outcome": { "passed": resolved, "score_kind": "business", "latency_ms": ms }
}`
