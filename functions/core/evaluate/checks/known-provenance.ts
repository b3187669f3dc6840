/** Check `known_provenance`: a passage without a source stands in the context. */
import { exposedWhen } from '../exposures.ts'
import { type Check, verdict } from './check.ts'
import { keptFindings, NOTHING_FORBIDDEN } from './kept.ts'
import { OF_CONTEXT } from './rows.ts'

export const knownProvenance: Check<'known_provenance'> = {
  judge: (r) =>
    verdict(
      keptFindings(r, (source) => (source === null ? 'a passage of unknown source stands in the context' : null)),
    ),
  look: (r) => exposedWhen(r.evidence.source.includes(null)),
  breaks: OF_CONTEXT,
  lacks: NOTHING_FORBIDDEN,
}
