-- Which rows were left out, and why: what imports, runs and sealed versions counted nowhere, by typed reason.
SELECT
  x.source,
  x.reason,
  x.counts,
  sum(x.n) AS left_out,
  count(DISTINCT x.of_id) AS times,
  min(x.day) AS first_day,
  max(x.day) AS last_day
FROM left_out x
GROUP BY x.source, x.reason, x.counts
ORDER BY x.source, left_out DESC, x.reason
