-- Which corrections became scars: those of the search side, with the case that no later candidate may fail again.
SELECT
  c.intent,
  c.run_id,
  c.case_id,
  c.said_at,
  c.said_by,
  c.passed,
  c.score,
  c.label_disputed,
  c.note,
  s.since AS scar_since,
  CASE WHEN s.case_id IS NULL THEN 'no scar' ELSE 'scar' END AS became
FROM corrections c
LEFT JOIN scars s ON s.intent = c.intent AND s.case_id = c.case_id
ORDER BY c.intent, c.said_at, c.run_id
