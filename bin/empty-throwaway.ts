/** Empties the throw-away deployment of this account and region, so that `cdk destroy` removes all of it. */
import { emptyStage } from '#adapters/aws/empty-stage.ts'
import { UserError } from '../functions/errors.ts'

const [name = 'AutotuneThrowaway', sure] = process.argv.slice(2)
try {
  if (sure !== '--yes')
    throw new UserError(
      `everything in ${name}Data is lost for good: say so, "npm run throwaway:empty -- ${name} --yes"`,
    )
  const { buckets, versions, routing } = await emptyStage(name)
  process.stdout.write(
    `${name}: ${versions} versions in ${buckets.length} buckets and ${routing} of routing are gone. Now: npx cdk destroy --all -c stage=throwaway\n`,
  )
} catch (error) {
  if (!(error instanceof UserError)) throw error
  process.stderr.write(`throwaway:empty: ${error.message}\n`)
  process.exitCode = 2
}
