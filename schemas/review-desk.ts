/** What the functions of the review desk are given and return, in `zod/mini` as those of the tuning workflow. */
import * as z from 'zod/mini'
import { Id, Text } from './payloads.ts'
import type { Review } from './review.ts'

/** Where review links lead, below the desk's own address. */
export const REVIEW_PATH = '/review/'

/** Where the same links show what became of the change. */
export const ROLLOUT_PATH = '/rollout/'

/** A tuning workflow that ended well, as EventBridge tells it. */
const RunEnded = z.object({ detail: z.object({ output: z.string() }) })

/** Output of a tuning workflow. A `verdict` other than `certified` opens no review. */
export const RunOutput = z.object({ run_id: Id, verdict: z.string() })

/**
 * `request` is the input of the execution: a run or a filed proposal by its id, or the end of a tuning workflow. A review expires after
 * `expires_hours`.
 */
export const OpenReviewInput = z.strictObject({
  request: z.union([z.strictObject({ run_id: Id }), RunEnded]),
  /** Reviewers by role. */
  roles: z.record(Text, z.array(Text)),
  expires_hours: z.int().check(z.positive()),
})
export type OpenReviewInput = z.infer<typeof OpenReviewInput>

/** The file of another producer, as it was handed to the execution: not checked yet. */
export const FileProposalInput = z.strictObject({ proposal: z.unknown() })
export type FileProposalInput = z.infer<typeof FileProposalInput>

/** Where a review stands, as its workflow sees it. */
export interface ReviewState {
  /** Null: the run proposes nothing. */
  readonly review_id: string | null
  readonly run_id: string
  /** Start of the names of executions of its rollout. */
  readonly rollout: string
  readonly status: Review['status'] | 'none'
  /** How long to wait for it before looking again, in seconds. */
  readonly seconds: number
}

/** Names the review; everything else is read from the ledger. */
export const ReviewInput = z.strictObject({ review_id: Id })
export type ReviewInput = z.infer<typeof ReviewInput>

/**
 * `token` is the task token that wakes the workflow: a credential, which goes to the ledger and nowhere else (DESIGN
 * 6).
 */
export const HoldReviewInput = z.strictObject({ review_id: Id, token: Text })
export type HoldReviewInput = z.infer<typeof HoldReviewInput>

/** A request as API Gateway's HTTP API delivers it (payload format 2.0), as far as it is read. */
export const HttpRequest = z.object({
  rawPath: z.string(),
  headers: z.record(z.string(), z.string()),
  body: z.nullish(z.string()),
  isBase64Encoded: z.boolean(),
  requestContext: z.object({ domainName: z.string(), http: z.object({ method: z.string() }) }),
})
export type HttpRequest = z.infer<typeof HttpRequest>

/** What a function of the desk answers to API Gateway (payload format 2.0). */
export interface HttpResponse {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}
