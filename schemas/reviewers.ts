/** Who reviews for which role in a deployment, and who writes to them. Read at synthesis. */
import * as z from 'zod'
import { Name } from './common.ts'
import { personKey, personProblem } from './person.ts'

/** A mail address, as one reviewer is known by. */
const Address = z
  .string()
  .max(254)
  .regex(/^[^\s@<>"(),:;]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$/, 'an address is name@domain')
  .superRefine((id, context) => {
    const why = personProblem(id)
    if (why !== null) context.addIssue({ code: 'custom', message: `"${id}" ${why}` })
  })

/**
 * Who reviews, by role: what the context value `reviewers` names a file of. A role that a registered target requires
 * and nobody but its owner is named for stops the synthesis.
 */
export const ReviewDeskConfig = z.strictObject({
  sender: Address.meta({ description: 'Address that notices come from; a verified identity of SES in this account.' }),
  roles: z
    .record(Name, z.array(Address).min(1))
    .refine((roles) => Object.keys(roles).length > 0, 'name at least one role')
    .refine(
      (roles) => Object.values(roles).every((ids) => new Set(ids.map(personKey)).size === ids.length),
      'somebody is named twice for one role: another spelling, or a +tag, is the same person',
    )
    .meta({ description: 'Addresses by role. Several of one role: the first to decide takes it.' }),
  expires_hours: z
    .int()
    .min(1)
    .max(720)
    .default(72)
    .meta({ description: 'How long a review is open. After that it has expired, which is not an approval.' }),
})
export type ReviewDeskConfig = z.infer<typeof ReviewDeskConfig>

/** One person: every id that is theirs, and what they may decide as. */
const Reviewer = z.strictObject({
  id: Name.meta({ description: 'As decisions name this person.' }),
  name: Name,
  roles: z.array(Name).min(1),
  aliases: z.array(Name).optional().meta({ description: 'Other mailboxes and names of the same person.' }),
})

/**
 * `reviewers.json`: who may review here, and as what. Where one stands in a store, or `review --reviewers
 * FILE` names one, no other id and no other role is taken.
 */
export const Reviewers = z
  .strictObject({ $schema: z.string().optional(), reviewers: z.array(Reviewer).min(1) })
  .superRefine(({ reviewers }, context) => {
    const owners = new Map<string, string>()
    const named = new Map<string, string>()
    for (const [i, { id, name, aliases = [] }] of reviewers.entries()) {
      for (const [j, spelled] of [id, ...aliases].entries()) {
        const path = ['reviewers', i, ...(j === 0 ? ['id'] : ['aliases', j - 1])]
        const why = personProblem(spelled)
        if (why !== null) context.addIssue({ code: 'custom', path, message: `"${spelled}" ${why}` })
        const owner = owners.get(personKey(spelled))
        if (owner !== undefined && owner !== id)
          context.addIssue({
            code: 'custom',
            path,
            message: `"${spelled}" is ${owner} by another spelling: one entry a person`,
          })
        if (owner === id && j === 0) context.addIssue({ code: 'custom', path, message: `"${id}" stands there twice` })
        owners.set(personKey(spelled), owner ?? id)
      }
      // Pages say who signed by this name.
      const problem = personProblem(name)
      const other = named.get(personKey(name))
      if (problem !== null || other !== undefined)
        context.addIssue({
          code: 'custom',
          path: ['reviewers', i, 'name'],
          message:
            problem !== null
              ? `"${name}" ${problem}`
              : `"${name}" is the name of ${other} too: one entry a person, with other mailboxes as aliases; of two people of one name, tell them apart in it`,
        })
      named.set(personKey(name), other ?? id)
    }
    for (const [i, { id, name }] of reviewers.entries()) {
      const owner = owners.get(personKey(name))
      if (owner !== undefined && owner !== id)
        context.addIssue({
          code: 'custom',
          path: ['reviewers', i, 'name'],
          message: `"${name}" is an id of ${owner}: name ${id} otherwise`,
        })
    }
  })
export type Reviewers = z.infer<typeof Reviewers>
