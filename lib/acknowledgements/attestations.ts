/** Findings of the security rules that stand in the functions that sign, each with its reason. */
import type { Attestations } from '../constructs/attestations.ts'
import { type Acknowledgement, below, HEADS, inExperience, inReleases, LINES, TRACES, wildcard } from './acknowledge.ts'

const CHECKED =
  'the whole store is held against its journal before anything is signed; runs, proposals and releases do not exist at synthesis'

/** One set of rows a key. There are none without the context value `attestations`. */
export const attestationAcknowledgements = ({ parts }: Attestations): Acknowledgement[] =>
  below(
    'Workflow/Attestations',
    parts.flatMap((part) => {
      const policy = `${part}/SignAttestations/Policy/Resource`
      return [
        ...['autotune/runs/*', 'packs/*', 'proposals/*', 'attestations/*'].map(
          (p) => [policy, inExperience(p), CHECKED] as const,
        ),
        [policy, inReleases('*'), CHECKED] as const,
        [policy, HEADS, LINES] as const,
        [`${part}/Role/DefaultPolicy/Resource`, wildcard('*'), TRACES] as const,
      ]
    }),
  )
