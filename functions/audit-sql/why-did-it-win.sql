-- Why did a candidate win: every candidate of a run with its fate, what it gained, and the limits that blocked it.
-- Parameter: run id.
SELECT
  c.position,
  c.candidate_id,
  c.patch,
  c.fate,
  c.reason,
  r.metric AS metric_name,
  r.direction,
  c.metric AS search_metric,
  c.heldout_baseline,
  c.heldout_candidate,
  c.heldout_p,
  c.regressions,
  c.improvements,
  count(CASE WHEN g.verdict = 'block' THEN 1 END) AS limits_that_blocked,
  min(CASE WHEN g.verdict = 'block' THEN g.guardrail END) AS first_that_blocked
FROM runs r
JOIN candidates c ON c.run_id = r.run_id
LEFT JOIN guardrails g ON g.run_id = c.run_id AND g.candidate_id = c.candidate_id
WHERE r.run_id = ?
GROUP BY
  c.position, c.candidate_id, c.patch, c.fate, c.reason, r.metric, r.direction, c.metric,
  c.heldout_baseline, c.heldout_candidate, c.heldout_p, c.regressions, c.improvements
ORDER BY
  CASE c.fate WHEN 'won' THEN 0 WHEN 'certified' THEN 1 WHEN 'committed' THEN 2 ELSE 3 END, c.position
