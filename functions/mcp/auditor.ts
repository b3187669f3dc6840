/** Tools of an auditor: runs, why they ended so, what was spent, and whether they are recomputed. */

import { AUDITOR_TOOLS } from '#schemas/agent-tools.ts'
import type { CandidateScore, Fate } from '#schemas/candidate.ts'
import type { Certificate, GateAnswer } from '#schemas/heldout.ts'
import { RunManifest } from '#schemas/run.ts'
import type { RunLine } from '#schemas/run-line.ts'
import { keys } from '#schemas/s3-keys.ts'
import { UserError } from '../errors.ts'
import { fitted } from '../steps/agent/room.ts'
import { intentsOf } from '../steps/experience/documents.ts'
import { versionsOf } from '../steps/experience/families.ts'
import { runLines } from '../steps/run/run-lines.ts'
import { jsonOf, orNull, readJson, readText, streamValues } from '../streams/read-object.ts'
import { MOST_ROWS, page, whole } from './page.ts'
import type { AuditorPorts, OpenSide } from './ports.ts'
import { MOST_ANSWER, type Tool, toolsOf } from './tool.ts'

/** Characters of one part of an answer. */
const MOST_PART = MOST_ANSWER / 4

export function auditorTools({ reading, verify }: AuditorPorts): Tool[] {
  return toolsOf(AUDITOR_TOOLS, {
    list_runs: ({ intent, after, limit }) =>
      reading(async ({ objects }) => {
        const found: { at: string; line: RunLine }[] = []
        for await (const placed of runLines(objects, after)) {
          if (intent !== undefined && placed.line.intent !== intent) continue
          found.push(placed)
          if (found.length > limit) break
        }
        const rows = found.slice(0, limit)
        const next = found.length > limit ? rows.at(-1)!.at : null
        const told = page('runs', rows, next, ({ at }) => at)
        return { runs: told.runs.map(({ line }) => line), next: told.next }
      }),

    why_won: ({ run, candidate: named }) =>
      reading(async (store) => {
        const { verdict, summary } = await manifestOf(store, run)
        const fates: Partial<Record<Fate, number>> = {}
        let candidate: CandidateScore | null = null
        for await (const one of streamValues<CandidateScore>(
          store.objects,
          keys.autotuneRun(run, 'candidates.jsonl'),
        )) {
          fates[one.fate] = (fates[one.fate] ?? 0) + 1
          if (named === undefined ? one.fate === 'won' : one.candidate_id === named) candidate = one
        }
        if (named !== undefined && candidate === null) throw new UserError(`run ${run} looked at no candidate ${named}`)
        const gate = await orNull(readJson<GateAnswer>(store.objects, keys.autotuneRun(run, 'gate.json')))
        const certificate =
          gate?.certified === true
            ? (gate.certificates.find(({ candidate_id }) => candidate_id === candidate?.candidate_id) ?? null)
            : null
        return {
          run,
          verdict,
          reasons: whole(fitted(summary.reasons, MOST_PART)),
          winner: whole(fitted({ winner: summary.winner }, MOST_PART)).winner,
          ledger: summary.ledger,
          fates,
          candidate: candidate && whole(fitted(candidate, MOST_PART)),
          certificate: certificate && whole(fitted(withoutCases(certificate), MOST_PART)),
        }
      }),

    verify_run: async ({ run }) => {
      const { reproducible, scope, differences, erased = [] } = await verify(run)
      return {
        run,
        reproducible,
        scope,
        differences: whole(fitted([...differences], MOST_PART)),
        erased: erased.length,
      }
    },

    ledger: ({ intent }) =>
      reading(async (store) => {
        const intents = await intentsOf(store)
        if (!intents.includes(intent)) throw new UserError(`no pack has this intent: there are ${intents.join(', ')}`)
        const versions = (await versionsOf(store, intent)).map(({ body }) => {
          const { version, families, cases, alpha, questions, used, retired } = body
          const history = body.history.map(({ k, run_id, answer }) => ({ k, run_id, answer }))
          return { version, families, cases, alpha, questions, used, retired, history }
        })
        return { versions: whole(fitted(versions, MOST_ROWS)) }
      }),
  })
}

/** A certificate that counts cases in place of naming them. */
const withoutCases = (certificate: Certificate) => ({
  ...certificate,
  changed_runs: certificate.changed_runs.length,
  regression_runs: certificate.regression_runs.length,
})

/** Manifest of a finished run. Throws UserError where there is none that can be read. */
async function manifestOf({ objects }: Pick<OpenSide, 'objects'>, run: string): Promise<RunManifest> {
  const text = await readText(objects, keys.autotuneRun(run, 'manifest.json'))
  const { data } = RunManifest.safeParse(jsonOf(text ?? ''))
  if (!data)
    throw new UserError(
      text === null
        ? `no finished run ${run}: "list_runs" names those that there are`
        : `manifest.json of run ${run} was changed: "verify_run" says what else was`,
    )
  return data
}
