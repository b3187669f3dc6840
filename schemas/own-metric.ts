/** Names that may be those of a metric of one's own. */
import * as z from 'zod'
import { BAND_METRIC_NAMES } from './band-metrics.ts'
import { ID_PATTERN } from './patterns.ts'

/** A metric of one's own: `score:` and an evaluator that the suite marks. */
export const OwnMetricName = z.templateLiteral(['score:', z.string().regex(ID_PATTERN)], {
  error: 'is score:EVALUATOR_ID of an evaluator that the suite marks with "metric": true',
})

/** What a band may watch: a metric of this program, or an evaluator that its suite marks. */
export const BandMetricOrOwn = z.union([z.enum(BAND_METRIC_NAMES), OwnMetricName], {
  error: `is one of ${BAND_METRIC_NAMES.join(', ')}, or score:EVALUATOR_ID of an evaluator that the suite marks with "metric": true`,
})
