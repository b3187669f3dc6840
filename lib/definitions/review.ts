/** The review workflow: file what another producer hands in, open, notify, wait for the decision with a task token, and go on by what the ledger says. */
import { ALREADY_STARTED } from './rollout.ts'
import { integration, KILLED, lambdaTask, RETRY } from './task.ts'

/** What the review calls, whom it asks, and what follows. */
interface ReviewParts {
  /** ARN of a function, as the four below. Files what another producer hands in. */
  readonly fileProposal: string
  readonly openReview: string
  /** Mails the links. */
  readonly notifyReviewers: string
  /** Is given the task token. */
  readonly holdReview: string
  /** Reads how the review ended. */
  readonly settleReview: string
  /** Addresses by role. */
  readonly roles: Readonly<Record<string, readonly string[]>>
  /** How long a review is open, in hours; at most 720, since the execution itself ends after 31 days. */
  readonly expiresHours: number
  /** ARN of the machine that an approval starts; null: nothing. */
  readonly rolloutMachine: string | null
}

const PAYLOAD = '{% $states.result.Payload %}'
const REVIEW_ID = '{% $review.review_id %}'
/** The longest review takes 30 days. */
const TIMEOUT_SECONDS = 31 * 24 * 3600

/** Definition in Amazon States Language. The answer of the token carries nothing: what was decided is read. */
export function reviewDefinition(parts: ReviewParts): Record<string, unknown> {
  const read = { payload: { review_id: REVIEW_ID }, assign: { review: PAYLOAD }, resumes: true }
  const approved = parts.rolloutMachine === null ? 'Review Approved' : 'Start Rollout'
  const ended = (Comment: string) => ({
    Type: 'Succeed',
    Comment,
    Output: { review_id: REVIEW_ID, status: '{% $review.status %}' },
  })
  return {
    Comment: 'Review of one proposal. Only the desk can wake it, and only the ledger says what was decided.',
    QueryLanguage: 'JSONata',
    StartAt: 'Choose Whether To File',
    TimeoutSeconds: TIMEOUT_SECONDS,
    States: {
      'Choose Whether To File': {
        Type: 'Choice',
        Choices: [{ Condition: '{% $exists($states.input.proposal) %}', Next: 'File Proposal' }],
        Default: 'Open Review',
      },
      'File Proposal': {
        ...lambdaTask({
          function: parts.fileProposal,
          payload: { proposal: '{% $states.input.proposal %}' },
          seconds: 900,
          resumes: true,
        }),
        Output: PAYLOAD,
        Next: 'Open Review',
      },
      'Open Review': {
        ...lambdaTask({
          function: parts.openReview,
          payload: { request: '{% $states.input %}', roles: parts.roles, expires_hours: parts.expiresHours },
          seconds: 900,
          assign: { review: PAYLOAD },
          resumes: true,
        }),
        Next: 'Choose Whether To Review',
      },
      'Choose Whether To Review': {
        Type: 'Choice',
        Choices: [{ Condition: "{% $review.status = 'none' %}", Next: 'Nothing To Review' }],
        Default: 'Notify Reviewers',
      },
      'Notify Reviewers': {
        ...lambdaTask({ function: parts.notifyReviewers, payload: read.payload, seconds: 60, resumes: true }),
        Next: 'Await Decision',
      },
      'Await Decision': {
        Type: 'Task',
        Resource: integration('lambda:invoke.waitForTaskToken'),
        Arguments: {
          FunctionName: parts.holdReview,
          Payload: { review_id: REVIEW_ID, token: '{% $states.context.Task.Token %}' },
        },
        TimeoutSeconds: '{% $review.seconds %}',
        // Not the timeout: it is the end of the wait.
        Retry: [RETRY, { ...KILLED, ErrorEquals: KILLED.ErrorEquals.filter((name) => name !== 'States.Timeout') }],
        Catch: [{ ErrorEquals: ['States.Timeout', 'ReviewEnded'], Output: '{% {} %}', Next: 'Settle Review' }],
        Output: '{% {} %}',
        Next: 'Settle Review',
      },
      'Settle Review': {
        ...lambdaTask({ function: parts.settleReview, seconds: 60, ...read }),
        Next: 'Choose By Decision',
      },
      'Choose By Decision': {
        Type: 'Choice',
        Choices: [
          { Condition: "{% $review.status = 'approved' %}", Next: approved },
          { Condition: "{% $review.status = 'rejected' %}", Next: 'Review Rejected' },
          { Condition: "{% $review.status = 'expired' %}", Next: 'Review Expired' },
        ],
        Default: 'Await Decision',
      },
      ...(parts.rolloutMachine === null ? {} : { 'Start Rollout': startRollout(parts.rolloutMachine) }),
      'Review Approved': ended('Every required role approved.'),
      'Review Rejected': ended('Remembered with its reason: the next run does not propose the same.'),
      'Review Expired': ended('Nobody decided in time, which is not an approval.'),
      'Nothing To Review': { Type: 'Succeed', Output: { review_id: null, status: 'none' } },
    },
  }
}

/** Starts the rollout and goes on: it lives for weeks. A review that was watched twice starts it once. */
const startRollout = (machine: string): Record<string, unknown> => ({
  Type: 'Task',
  Resource: integration('states:startExecution'),
  Arguments: {
    StateMachineArn: machine,
    Name: "{% $review.rollout & '-1' %}",
    Input: { run_id: '{% $review.run_id %}' },
  },
  Catch: [{ ErrorEquals: [ALREADY_STARTED], Output: '{% {} %}', Next: 'Review Approved' }],
  Output: '{% {} %}',
  Next: 'Review Approved',
})
