-- Every look at a sealed version: which run, what it bound itself to before, what was answered and what it spent.
-- Parameter: version, sha256:...
SELECT
  v.version,
  v.intent,
  v.retired,
  q.k,
  v.questions AS of_questions,
  q.day,
  q.run_id,
  r.verdict,
  q.commit_digest,
  q.answer,
  q.level AS spent,
  sum(q.level) OVER (PARTITION BY q.version ORDER BY q.k) AS spent_so_far,
  v.alpha AS budget
FROM versions v
JOIN questions q ON q.version = v.version
LEFT JOIN runs r ON r.run_id = q.run_id
WHERE v.version = ?
ORDER BY q.k
