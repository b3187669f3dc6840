/** The name of a metric of one's own. */
import * as z from 'zod'
import { ID_PATTERN } from './patterns.ts'

/** A metric of one's own: `score:` and an evaluator that the suite marks. */
export const OwnMetricName = z.templateLiteral(['score:', z.string().regex(ID_PATTERN)], {
  error: 'is score:EVALUATOR_ID of an evaluator that the suite marks with "metric": true',
})
