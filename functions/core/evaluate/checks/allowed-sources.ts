/** Check `allowed_sources`: a passage of another source stands in the context. */
import { exposedWhen } from '../exposures.ts'
import { type Check, verdict } from './check.ts'
import { keptFindings, NOTHING_FORBIDDEN } from './kept.ts'
import { OF_CONTEXT } from './rows.ts'

export const allowedSources: Check<'allowed_sources'> = {
  judge: (r, { sources }) =>
    verdict(
      keptFindings(r, (source) =>
        source !== null && sources.includes(source) ? null : `source "${source}" is not allowed`,
      ),
    ),
  look: (r, { sources }) =>
    exposedWhen(r.evidence.source.some((source) => source === null || !sources.includes(source))),
  breaks: OF_CONTEXT,
  lacks: NOTHING_FORBIDDEN,
}
