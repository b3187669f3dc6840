/** A key of one person, and the file of keys that names it. */
import { join } from 'node:path'
import { autotune, type Workplace } from './command-line.ts'

export async function keyOf(
  place: Pick<Workplace, 'dir' | 'file'>,
  person: string,
): Promise<{ readonly key: string; readonly keys: string }> {
  const key = join(place.dir, 'own.pem')
  const made = await autotune('attest', 'keygen', '--key', key, '--role', 'reviewer', '--by', person, '--json')
  const need = { roles: ['reviewer'], threshold: 1 }
  const keys = place.file('keys.json', {
    kind: 'attestation_keys',
    keys: [(made.json() as { entry: object }).entry],
    needs: { gate: need, verification: need, review_decision: need, promotion: need },
  })
  return { key, keys }
}
