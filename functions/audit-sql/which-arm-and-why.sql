-- Which arm did a production run get, and why: with the cohort of its stage and what the rollout came to.
-- Parameter: id of the production run.
SELECT
  p.run_id,
  p.started_at,
  p.arm,
  p.release_tuple_id,
  p.period,
  p.subject,
  p.attributes,
  p.compared,
  s.share AS share_of_stage,
  s.shadow_share,
  s.condition AS condition_of_stage,
  l.candidate_tuple,
  l.rollback_target,
  l.status AS rollout_status,
  p.rollout_id
FROM production p
JOIN releases l ON l.rollout_id = p.rollout_id
LEFT JOIN stages s
  ON s.rollout_id = p.rollout_id AND s.stage = CASE p.period WHEN 'window' THEN '100%' ELSE p.period END
WHERE p.run_id = ?
ORDER BY p.rollout_id
