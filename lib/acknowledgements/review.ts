/** Findings of the security rules that stand in the review desk, each with its reason. */
import { type Acknowledgement, below, inExperience, inReleases, type Row, TRACES, wildcard } from './acknowledge.ts'

const REVIEW_FILES =
  'ids of runs and reviews do not exist at synthesis; each function is given the kinds of file that it reads'
const BY_LINK =
  'a link is the credential: claims under a KMS code, one reviewer and role each, expiring, checked before anything is read'
const AS_SENDER = 'any verified identity, but as the one sender that the condition names: a sandbox asks for both ends'
const IS_THE_QUEUE = 'its target is the dead-letter queue'

const KEY_PATTERNS: Readonly<Record<string, readonly string[]>> = {
  FileProposal: ['autotune/runs/*', 'cadence/quarterly/*', 'goldens/*', 'packs/*', 'proposals/*'],
  OpenReview: [
    'autotune/runs/*',
    'cadence/quarterly/*',
    'experience/*',
    'goldens/*',
    'packs/*',
    'proposals/*',
    'reviews/*/evidence-*',
  ],
  SettleReview: ['autotune/runs/*'],
  ShowReview: ['autotune/runs/*', 'proposals/*', 'reviews/*/evidence-*', 'reviews/*/attempts/*'],
  ShowRollout: ['autotune/runs/*', 'production/*', 'experience/index/*', 'experience/index-days/*'],
  RecordDecision: ['autotune/runs/*', 'proposals/*', 'reviews/*/evidence-*', 'reviews/*/attempts/*'],
}

const ROWS: readonly Row[] = [
  ...Object.entries(KEY_PATTERNS).flatMap(([f, patterns]) =>
    patterns.map((p) => [`${f}/Policy/Resource`, inExperience(p), REVIEW_FILES] as const),
  ),
  ...['FileProposal', 'OpenReview'].map(
    (f) => [`${f}/Policy/Resource`, inReleases('rollouts/*'), REVIEW_FILES] as const,
  ),
  ...['GET', 'HEAD', 'POST'].map(
    (method) => [`Api/${method}--review--{token}/Resource`, 'AwsSolutions-APIG4', BY_LINK] as const,
  ),
  ...['GET', 'HEAD'].map(
    (method) => [`Api/${method}--rollout--{token}/Resource`, 'AwsSolutions-APIG4', BY_LINK] as const,
  ),
  [
    'NotifyReviewers/Policy/Resource',
    wildcard('arn:<AWS::Partition>:ses:<AWS::Region>:<AWS::AccountId>:identity/*'),
    AS_SENDER,
  ],
  ['WorkflowRole/DefaultPolicy/Resource', wildcard('*'), TRACES],
  ['ReviewFailed/Resource', 'Serverless-EventBusDLQ', IS_THE_QUEUE],
]

/** Of the review desk; there is none without the context value `reviewers`. */
export const REVIEW_ACKNOWLEDGEMENTS: readonly Acknowledgement[] = below('Workflow/Review', ROWS)
