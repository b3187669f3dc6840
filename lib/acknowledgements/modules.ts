/** Findings of the security rules that stand in the functions of a user's own modules, each with its reason. */
import { type Acknowledgement, below, wildcard } from './acknowledge.ts'

const ANSWERED = 'called by functions that wait for its answer; a call that is lost is told as such'
const UNTRACED = 'a log or a trace would show what a module does with a case; held-out ones are among them'

const SHUT = 'nothing comes in or goes out there: a log of its traffic would be empty'
const JOINS =
  'EC2 knows no resource for an interface that is not there yet; the code of the function gets none of these rights'

/** One set of rows a function of a construct of `Autotune`, and those of a network of its own. */
export const moduleAcknowledgements = (
  id: string,
  { parts, nowhere = null }: { readonly parts: readonly string[]; readonly nowhere?: unknown },
): Acknowledgement[] =>
  below(`Workflow/Autotune/${id}`, [
    ...parts.flatMap((part) => [
      [`${part}/Function/Resource`, 'Serverless-LambdaDLQ', ANSWERED] as const,
      [`${part}/Function/Resource`, 'Serverless-LambdaTracing', UNTRACED] as const,
      ...(nowhere === null ? [] : [[`${part}/Policy/Resource`, wildcard('*'), JOINS] as const]),
    ]),
    ...(nowhere === null ? [] : [['Nowhere/Resource', 'AwsSolutions-VPC7', SHUT] as const]),
  ])
