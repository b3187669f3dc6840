/** The `attest` verbs: argument parsing only. */
import type { Command } from 'commander'
import { atLeastOne, noCage } from './arguments.ts'
import { loaded } from './loaded.ts'
import type { AddVerb } from './verb.ts'

const verbs = () => loaded(import('../functions/cli/attest.ts'))
const KEYS =
  'who may sign what: public keys and how many people are needed; outside the store, reviewed like any change'

export function attestVerbs(program: Command, verb: AddVerb, state: { code: number }): void {
  const group = program
    .command('attest')
    .description('signed statements (in-toto, DSSE) about proposals, decisions, releases and rollbacks')
  verb(
    'keygen',
    'make a private key (Ed25519) in a new file, or read a key of KMS, and print its entry for the file of keys',
    'autotune attest keygen --key ~/.autotune/ana.pem --role release --by ana@example.com\nautotune attest keygen --key kms:alias/attest --role gate --by ci@example.com --days 90',
    group,
  )
    .requiredOption('--key <file>', 'private key to make, outside the store; or kms:ID of an ECC_NIST_P256 key')
    .requiredOption('--role <role>', 'in which role it signs')
    .option('--by <person>', 'whose key it is (default: the user of this terminal)')
    .option('--days <n>', 'how long it is valid', atLeastOne('--days', 3650), 365)
    .action(async (o) => {
      state.code = await (await verbs()).attestKeygen(o)
    })
  verb(
    'sign <run>',
    'sign what the store holds of a proposal, its review and its rollout, as far as this role may; the run is recomputed first where the role vouches for that',
    'autotune attest sign at_2026_11_23_refund_cents --key ~/.autotune/ana.pem --keys keys.json\nautotune attest sign at_2026_11_23_refund_cents --key kms:alias/attest --keys keys.json --json',
    group,
  )
    .requiredOption('--key <file>', 'private key, or kms:ID')
    .requiredOption('--keys <file>', KEYS)
    .addOption(noCage())
    .action(async (run, o) => {
      state.code = await (await verbs()).attestSign(run, o)
    })
  verb(
    'verify <run>',
    'are the statements about a proposal, its review and its rollout signed by enough people, and about what the store holds now?',
    'autotune attest verify at_2026_11_23_refund_cents --keys keys.json\nautotune attest verify at_2026_11_23_refund_cents --keys keys.json --at 2026-11-30T00:00:00.000Z --json',
    group,
  )
    .requiredOption('--keys <file>', KEYS)
    .option('--at <moment>', 'keys as they were valid then (default: now); a revoked one counts for nothing anyhow')
    .action(async (run, o) => {
      state.code = await (await verbs()).attestVerify(run, o)
    })
}
