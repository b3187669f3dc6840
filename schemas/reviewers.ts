/** Who reviews for which role in a deployment, and who writes to them. Read at synthesis. */
import * as z from 'zod'
import { Name } from './common.ts'

/** A mail address, as one reviewer is known by. */
const Address = z
  .string()
  .max(254)
  .regex(/^[^\s@<>"(),:;]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$/, 'an address is name@domain')

/**
 * Who reviews, by role: what the context value `reviewers` names a file of. A role that a registered target requires
 * and nobody but its owner is named for stops the synthesis.
 */
export const ReviewDeskConfig = z.strictObject({
  sender: Address.meta({ description: 'Address that notices come from; a verified identity of SES in this account.' }),
  roles: z
    .record(Name, z.array(Address).min(1))
    .refine((roles) => Object.keys(roles).length > 0, 'name at least one role')
    .meta({ description: 'Addresses by role. Several of one role: the first to decide takes it.' }),
  expires_hours: z
    .int()
    .min(1)
    .max(720)
    .default(72)
    .meta({ description: 'How long a review is open. After that it has expired, which is not an approval.' }),
})
export type ReviewDeskConfig = z.infer<typeof ReviewDeskConfig>
