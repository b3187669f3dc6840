/** What every verb has: place of the store, `--json`, its line in the reference, and whether it works on a deployment. */
import { type Command, Option } from 'commander'
import { isDeployed, STORE_FOLDER } from '../functions/cli/store-options.ts'
import { UserError } from '../functions/errors.ts'
import { tell } from './reference.ts'

/** Adds a verb with the options that all have, and an example. `isDefault`: its group alone is this verb. */
export type AddVerb = (
  name: string,
  description: string,
  example: string,
  parent?: Command,
  isDefault?: boolean,
) => Command

/** Verbs that work on a deployment too. */
const DEPLOYED: ReadonlySet<string> = new Set([
  'import',
  'correct',
  'erase',
  'doctor',
  'propose',
  'brief',
  'history',
  'mcp',
  'plan',
  'record',
  'run',
  'list',
  'show',
  'explain',
  'case',
  'verify',
  'forget',
  'anchor publish',
  'cadence show',
  'insights',
  'report',
  'export',
  'done',
  'audit show',
  'attest sign',
  'attest verify',
  'rollout stop',
])

/** Adds verbs to a program, or to a group of it. */
export function addVerbTo(program: Command): AddVerb {
  return (name, description, example, parent = program, isDefault = false) => {
    const path = `${parent === program ? '' : `${parent.name()} `}${name.split(' ')[0]}`
    const deployed = DEPLOYED.has(path)
    const stack = new Option('--stack <name>', 'a deployment in AWS: what the names of its stacks begin with')
    const store = new Option('--store <dir>', deployed ? 'folder of the store, or s3://BUCKET' : 'folder of the store')
    return tell(parent.command(name, { isDefault }), path, example)
      .description(description)
      .addOption(store.default(STORE_FOLDER).env('AUTOTUNE_STORE'))
      .addOption(stack.hideHelp(!deployed))
      .option('--json', 'print one JSON object on one line, the last of stdout', false)
      .hook('preAction', (command) => {
        if (command.opts().store.trim() === '')
          throw new UserError(
            command.getOptionValueSource('store') === 'env'
              ? 'AUTOTUNE_STORE is empty: let it name a folder, or unset it'
              : '--store is empty: name a folder, or leave it out for ./harness',
          )
        if (!deployed && isDeployed(command.opts()))
          throw new UserError(`"autotune ${path}" works on a folder, not on a deployment in AWS`)
      })
  }
}
