/** Findings of the security rules that stand in the functions of a user's own modules, each with its reason. */
import { type Acknowledgement, below } from './acknowledge.ts'

const ANSWERED = 'called by functions that wait for its answer; a call that is lost is told as such'
const UNTRACED = 'a log or a trace would show what a module does with a case; held-out ones are among them'

/** One set of rows a function of a construct of `Autotune`. */
export const moduleAcknowledgements = (
  id: string,
  { parts }: { readonly parts: readonly string[] },
): Acknowledgement[] =>
  below(
    `Workflow/Autotune/${id}`,
    parts.flatMap((part) => [
      [`${part}/Function/Resource`, 'Serverless-LambdaDLQ', ANSWERED] as const,
      [`${part}/Function/Resource`, 'Serverless-LambdaTracing', UNTRACED] as const,
    ]),
  )
