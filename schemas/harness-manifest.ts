/** A harness manifest: what its owners say of each control of the harness audit, on which files, until when, and signed. */
import * as z from 'zod'
import { Day, Digest, Name } from './common.ts'
import { KeySignature } from './envelope.ts'

/** What evidence shows, from the strongest: seen at work, wired in, defined, or only said. */
export const EVIDENCE_LEVELS = ['behavioural', 'wiring', 'definition', 'assertion'] as const
/** One of `EVIDENCE_LEVELS`. */
export type EvidenceLevel = (typeof EVIDENCE_LEVELS)[number]

/** The only control that may be not applicable: a harness may have one agent alone. */
export const MAY_BE_ABSENT = 43

const FileEvidence = z.strictObject({
  level: z.enum(EVIDENCE_LEVELS),
  path: z
    .string()
    .regex(/^(?!\/)(?!.*(^|\/)\.\.(\/|$))[^\\\0]{1,300}$/, 'is a path beside the manifest: no "..", no leading "/"')
    .meta({ description: 'Of a file beside the manifest or below it.' }),
  sha256: Digest.meta({ description: 'Of its bytes. A file that is another now is no evidence.' }),
})

/** What an owner says of one control. A machine checks the bytes; what they show is the owner's word, so it is signed and ends. */
const Declaration = z.strictObject({
  control: z.int().min(1).max(44),
  says: z.string().min(3).max(2000),
  not_applicable: z.literal(true).optional(),
  evidence: z.array(FileEvidence).max(20).meta({ description: 'None: an assertion, which passes nothing.' }),
  expires: Day.meta({
    description: 'The last day on which the word holds: a year after it was given at most.',
  }),
  signed: z
    .strictObject({
      owner: Name,
      on: Day,
      digest: Digest.meta({ description: 'Over the other fields, harness, owner and day.' }),
      key: z.optional(KeySignature).meta({
        description:
          'Under a key of the owner, over the same (DSSE). Absent: nothing shows who wrote this, and the control is Partial at most.',
      }),
    })
    .optional()
    .meta({ description: 'Written by "autotune audit sign".' }),
})
/** One declaration of a manifest. */
export type Declaration = z.infer<typeof Declaration>

/** Refused: two declarations of one control, "not applicable" of any but control 43, and one file as behavioural evidence and as wiring. */
export const HarnessManifest = z
  .strictObject({
    $schema: z.string().optional(),
    kind: z.literal('harness_manifest'),
    loop: z.literal(true).optional().meta({
      description: 'Of the loop over a store: its probes speak of what they show, and this of the other controls.',
    }),
    harness: Name,
    owner: Name.meta({ description: 'Who answers for the repairs.' }),
    next_audit: Day,
    declarations: z.array(Declaration).max(44),
  })
  .superRefine(({ declarations }, ctx) => {
    const seen = new Set<number>()
    declarations.forEach(({ control, not_applicable, evidence }, i) => {
      const issue = (message: string) => ctx.addIssue({ code: 'custom', path: ['declarations', i, 'control'], message })
      if (seen.has(control)) issue(`control ${control} is declared twice`)
      if (not_applicable && control !== MAY_BE_ABSENT) issue(`only control ${MAY_BE_ABSENT} may be not applicable`)
      seen.add(control)
      const seenAtWork = evidence.filter(({ level }) => level === 'behavioural')
      evidence.forEach(({ level, path, sha256 }, j) => {
        if (level === 'wiring' && seenAtWork.some((one) => one.path === path || one.sha256 === sha256))
          ctx.addIssue({
            code: 'custom',
            path: ['declarations', i, 'evidence', j, 'path'],
            message: `${path} is named as behavioural evidence, too: what was seen at work and where it is wired in are two files`,
          })
      })
    })
  })
export type HarnessManifest = z.infer<typeof HarnessManifest>
