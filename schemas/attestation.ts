/** Keys of attestations: who signs what, in which role and until when. */
import * as z from 'zod'
import { Name } from './common.ts'
import { ATTESTED } from './envelope.ts'
import { personKey } from './person.ts'
import { Instant } from './review.ts'

/** A public key, whose it is and for what. Ed25519 or P-256; its id is the SHA-256 of its DER bytes. */
export const AttestationKey = z
  .strictObject({
    role: Name.meta({ description: 'In which role it signs: one of those that `needs` names.' }),
    person: Name.meta({ description: 'Whose key it is. Two keys of one person are one signer.' }),
    public_key: z
      .string()
      .max(2000)
      .regex(
        /^-----BEGIN PUBLIC KEY-----\n[A-Za-z0-9+/=\n]+\n-----END PUBLIC KEY-----\n?$/,
        'a public key is PEM: -----BEGIN PUBLIC KEY----- …',
      ),
    not_before: Instant,
    expires: Instant,
    revoked: z
      .strictObject({ at: Instant, reason: z.string().min(3).max(500) })
      .nullable()
      .meta({ description: 'A revoked key counts for nothing, whenever it signed: who stole it can date back.' }),
  })
  .refine((key) => key.not_before < key.expires, { path: ['expires'], message: 'is not after not_before' })
export type AttestationKey = z.infer<typeof AttestationKey>

/** Who must have signed: so many people, each under a key of one of these roles. */
const Need = z.strictObject({
  roles: z.array(Name).min(1),
  threshold: z.int().min(1).meta({ description: 'People, not signatures.' }),
})

/** `keys.json`: the one file that `attest verify` trusts. It lies outside the store and is reviewed like any change. */
export const AttestationKeys = z
  .strictObject({
    $schema: z.string().optional(),
    kind: z.literal('attestation_keys'),
    keys: z.array(AttestationKey).min(1),
    needs: z.strictObject({ gate: Need, verification: Need, review_decision: Need, promotion: Need }),
  })
  .superRefine(({ keys, needs }, context) => {
    for (const kind of ATTESTED) {
      const { roles, threshold } = needs[kind]
      const people = new Set(keys.filter(({ role }) => roles.includes(role)).map(({ person }) => personKey(person)))
      if (people.size < threshold)
        context.addIssue({
          code: 'custom',
          path: ['needs', kind, 'threshold'],
          message: `is ${threshold}, and only ${people.size} ${people.size === 1 ? 'person has' : 'people have'} a key of ${roles.join(' or ')}: nothing could ever be enough`,
        })
    }
  })
export type AttestationKeys = z.infer<typeof AttestationKeys>
