-- All releases of an intent, the newest first, with the tuple that each goes back to and how it ended.
-- Parameter: intent.
SELECT
  l.started_at,
  l.rollout_id,
  l.tuning_proposal_id,
  l.candidate_tuple,
  l.rollback_target,
  l.rollback_reproduced,
  l.rollback_cases,
  l.status,
  l.stage,
  l.last_at,
  l.approved_by,
  count(m.seq) AS transitions,
  count(CASE WHEN m.verdict = 'paused' THEN 1 END) AS pauses,
  max(CASE WHEN m.verdict IN ('rolled_back', 'stopped', 'retired') THEN m.not_good END) AS went_back_because
FROM releases l
LEFT JOIN promotions m ON m.rollout_id = l.rollout_id
WHERE l.intent = ?
GROUP BY
  l.started_at, l.rollout_id, l.tuning_proposal_id, l.candidate_tuple, l.rollback_target,
  l.rollback_reproduced, l.rollback_cases, l.status, l.stage, l.last_at, l.approved_by
ORDER BY l.started_at DESC, l.rollout_id
