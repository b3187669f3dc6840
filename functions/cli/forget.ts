/** `autotune forget`: lifts a rejection, so that the next run may propose the change again. */
import { forget, shortId } from '../steps/run/forget.ts'
import { type HandOptions, handOf } from './hand.ts'
import { openForMemory } from './open.ts'
import type { StoreOptions } from './store-options.ts'
import { print } from './terminal.ts'
import { patchesLine } from './text-memory.ts'

/** Other entries that are named. */
const SHOWN = 5

interface Options extends HandOptions, StoreOptions {
  readonly json: boolean
}

export async function forgetVerb(id: string, { json, ...o }: Options): Promise<number> {
  const { by, reason } = handOf(o)
  const store = await openForMemory(o)
  try {
    const { record, lift, others } = await forget(store, id, { person: by, reason })
    const also = others.map(({ rejection_id }) => rejection_id)
    print(json, { forgotten: record.rejection_id, ...lift, rejection: record, others: also }, () => [
      `forgotten  ${shortId(record)}: ${patchesLine(record)}`,
      `was        ${record.source.replaceAll('_', ' ')} in ${record.run_id}: ${record.reason}`,
      `by         ${lift.person} at ${lift.at}: ${lift.reason}`,
      'It stays on record, and so does what lifted it.',
      others.length === 0
        ? 'The next run may propose the change again.'
        : `Still remembered of it: ${others.slice(0, SHOWN).map(shortId).join(', ')}${others.length > SHOWN ? ` and ${others.length - SHOWN} more` : ''}. Where one holds for the next run, the change stays a dead end`,
    ])
    return 0
  } finally {
    store.close()
  }
}
