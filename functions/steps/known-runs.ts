/** What a store knows of its runs before an import: from the indexes alone, ids and hashes only. */
import type { ExperienceRun } from '#schemas/experience-run.ts'
import type { ObjectStore } from '../ports.ts'
import type { IndexLine } from './ingest.ts'
import { familyHash } from './ledger-keys.ts'
import { readLines, type Store } from './store.ts'

export interface KnownRuns {
  /** Where a run id is stored; `null`: nowhere. */
  place(runId: string): { readonly intent: string; readonly date: string | null } | null
  /** Hash of the family that a case of an intent belongs to; `null`: no stored case of that id. */
  ownerOf(intent: string, caseId: string): string | null
  /** Side on which a family's runs are stored. */
  sideOf(run: ExperienceRun): 'search' | 'heldout' | null
}

const key = (intent: string, name: string): string => `${intent}\u0000${name}`

/** Reads every index of both sides. */
export async function knownRuns(store: Store): Promise<KnownRuns> {
  const places = new Map<string, { intent: string; date: string | null }>()
  const owners = new Map<string, string>()
  const sides = new Map<string, 'search' | 'heldout'>()
  const read = async (objects: ObjectStore, side: 'search' | 'heldout') => {
    for await (const file of objects.list('experience/index/')) {
      const intent = file.slice('experience/index/'.length, -'.jsonl'.length)
      for (const { run_id, date, case_id, family } of await readLines<IndexLine>(objects, file)) {
        places.set(run_id, { intent, date })
        owners.set(key(intent, case_id ?? run_id), family)
        sides.set(key(intent, family), side)
      }
    }
  }
  // Runs of a retired version may stand in both indexes for a moment: where the search reads is where they are.
  await read(store.vault, 'heldout')
  await read(store.objects, 'search')
  return {
    place: (runId) => places.get(runId) ?? null,
    ownerOf: (intent, caseId) => owners.get(key(intent, caseId)) ?? null,
    sideOf: (run) => sides.get(key(run.intent_id, familyHash(run.family_id))) ?? null,
  }
}
