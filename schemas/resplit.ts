/** What a re-split of an intent leaves: `cadence/resplit/INTENT/DATE.json`, chained to the one before. Keys stand in it by their digests alone. */
import * as z from 'zod'
import { Day, Digest, Id, Name, Share } from './common.ts'

const count = z.int().min(0)

/** As the ledger keeps it from the moment on which the key was drawn. */
export const Epoch = z.strictObject({
  intent: Id,
  epoch: z.int().min(1).meta({ description: 'Counts from 1; families that were split before are of epoch 0.' }),
  date: Day.meta({ description: 'From when on families that were never seen fall by the new key.' }),
  by: Name.meta({ description: 'Who asked for it.' }),
  was: Digest.meta({ description: 'Digest of the key that split before.' }),
  key: Digest.meta({ description: 'Digest of the key that was drawn.' }),
  heldout_share: Share,
  ends: z.array(Digest).meta({ description: 'Sealed versions that stood then.' }),
})
export type Epoch = z.infer<typeof Epoch>

/** An intent that was split anew. */
export const Resplit = Epoch.extend({
  resplit: z.literal('resplit.v1'),
  prior: Digest.nullable(),
  retired: z
    .array(Digest)
    .meta({ description: 'Of those that stood: asked ones, whose families are search data now.' }),
  superseded: z.array(Digest).meta({ description: 'The others: the next run seals what stays sealed.' }),
  families: z.strictObject({
    to_search: count.meta({ description: 'Sealed and never asked; the new key does not hold them out.' }),
    spent: count.meta({ description: 'Of the retired versions: they went to the search.' }),
    stay_sealed: count.meta({ description: 'Sealed and never asked; the new key holds them out too.' }),
    seen: count.meta({
      description: 'Of the search side, which the new key would hold out: they were seen, and stay there for good.',
    }),
  }),
})
export type Resplit = z.infer<typeof Resplit>
