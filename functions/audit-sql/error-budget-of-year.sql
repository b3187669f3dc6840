-- What the error budget was spent on: questions of the 365 days that end on a day. A question without a day counts,
-- because what is not known spends.
-- Parameter: day, YYYY-MM-DD.
WITH asked AS (
  SELECT CAST(? AS varchar) AS last_day
)
SELECT
  q.day,
  q.intent,
  q.version,
  q.k,
  q.run_id,
  r.verdict,
  q.answer,
  q.level AS spent,
  sum(q.level) OVER (ORDER BY q.day, q.version, q.k) AS spent_so_far,
  (SELECT b.budget FROM budgets b WHERE b.n = (SELECT max(l.n) FROM budgets l)) AS budget
FROM asked a
JOIN questions q
  ON q.day = '1970-01-01'
  OR (q.day <= a.last_day AND CAST(q.day AS date) > CAST(a.last_day AS date) - INTERVAL '365' DAY)
LEFT JOIN runs r ON r.run_id = q.run_id
ORDER BY q.day, q.version, q.k
