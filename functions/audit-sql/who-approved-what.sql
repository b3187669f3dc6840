-- Who approved or rejected which digest, when: every decision, with what its review came to.
SELECT
  d.decided_at,
  d.reviewer,
  d.role,
  d.decision,
  d.reason,
  d.proposal_digest,
  d.shown_digest,
  d.tuning_proposal_id,
  d.review_id,
  v.owner,
  v.status AS review_status
FROM decisions d
JOIN reviews v ON v.review_id = d.review_id
ORDER BY d.decided_at, d.review_id, d.n
