/** Findings of the security rules that stand in the functions of modules that judge, each with its reason. */
import type { Judges } from '../constructs/judges.ts'
import { type Acknowledgement, below } from './acknowledge.ts'

const ANSWERED = 'called by functions that wait for its answer; a call that is lost is no verdict, and says so'
const UNTRACED = 'a log or a trace would show what a module does with a case; held-out ones are among them'

/** One set of rows a function. */
export const judgeAcknowledgements = ({ parts }: Judges): Acknowledgement[] =>
  below(
    'Workflow/Autotune/Judges',
    parts.flatMap((part) => [
      [`${part}/Function/Resource`, 'Serverless-LambdaDLQ', ANSWERED] as const,
      [`${part}/Function/Resource`, 'Serverless-LambdaTracing', UNTRACED] as const,
    ]),
  )
