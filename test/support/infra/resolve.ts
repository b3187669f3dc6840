/** Values of synthesized templates with their intrinsic functions resolved to names that compare across stacks. */

export interface Resource {
  readonly Type: string
  readonly Properties?: Record<string, unknown>
  readonly DeletionPolicy?: string
  readonly UpdateReplacePolicy?: string
}

export interface Template {
  readonly Resources?: Record<string, Resource>
  readonly Outputs?: Record<string, { Value: unknown; Export?: { Name: unknown } }>
  readonly Parameters?: Record<string, Parameter>
}

export interface Parameter {
  readonly Type: string
  readonly Default?: string
  readonly AllowedValues?: readonly string[]
  readonly ConstraintDescription?: string
}

/** Stacks by name. */
export type Templates = Readonly<Record<string, Template>>

/** Resolver for the values of one stack: `Ref` is `Stack.Id`, `GetAtt` an ARN is `arn:Stack.Id`; anything else throws. */
export function resolver(templates: Templates, stack: string): (value: unknown) => unknown {
  const resolve = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(resolve)
    if (value === null || typeof value !== 'object') return value
    const entries = Object.entries(value)
    const [name, argument] = entries[0] ?? []
    if (entries.length === 1 && name === 'Ref') return refOf(templates, stack, argument as string)
    if (entries.length === 1 && name?.startsWith('Fn::')) return intrinsic(name, argument)
    return Object.fromEntries(entries.map(([k, v]) => [k, resolve(v)]))
  }
  const intrinsic = (name: string, argument: unknown): unknown => {
    if (name === 'Fn::Join') {
      const [glue, parts] = argument as [string, unknown[]]
      return parts.map((p) => String(resolve(p))).join(glue)
    }
    if (name === 'Fn::GetAtt') {
      const [id, attribute] = argument as [string, string]
      return attribute === 'Arn' ? `arn:${stack}.${id}` : `${stack}.${id}.${attribute}`
    }
    if (name === 'Fn::GetStackOutput') {
      const { StackName, OutputName } = argument as { StackName: string; OutputName: string }
      const output = templates[StackName]?.Outputs?.[OutputName]
      if (!output) throw new Error(`stack ${StackName} has no output ${OutputName}`)
      return resolver(templates, StackName)(output.Value)
    }
    if (name === 'Fn::ImportValue') return imported(templates, String(resolve(argument)))
    throw new Error(`the template resolver does not know ${name}`)
  }
  return resolve
}

function refOf(templates: Templates, stack: string, id: string): string {
  if (id.startsWith('AWS::')) return id
  const type = templates[stack]?.Resources?.[id]?.Type
  // A topic's or a machine's Ref is its ARN; a bucket's, table's and role's is its name.
  return type === 'AWS::StepFunctions::StateMachine' || type === 'AWS::SNS::Topic'
    ? `arn:${stack}.${id}`
    : `${stack}.${id}`
}

function imported(templates: Templates, name: string): unknown {
  for (const [stack, template] of Object.entries(templates))
    for (const output of Object.values(template.Outputs ?? {}))
      if (output.Export?.Name === name) return resolver(templates, stack)(output.Value)
  throw new Error(`no stack exports ${name}`)
}
