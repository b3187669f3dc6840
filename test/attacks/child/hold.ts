/** Child process: holds the locks of a store, or tries to get past another's. Arguments: folder, `hold` or `try`. */
import { thisProcess } from '#adapters/local/holder.ts'
import { openStore } from '../../../functions/embedded/open-store.ts'
import { importAlone } from '../../../functions/steps/experience/import-lock.ts'
import { abandonRun } from '../../../functions/steps/run/abandon.ts'
import { takeLock } from '../../../functions/steps/run/lock.ts'

const [dir, act] = process.argv.slice(2)
const store = openStore(dir!, { durable: false })
const holder = thisProcess()
const take = (run_id: string) => takeLock(store, 'support.refund', 'destructive', { run_id, about: 'a' }, holder)
const message = (error: Error) => error.message
if (act === 'hold') {
  await take('run_1')
  await importAlone(store, holder, async () => {
    process.stdout.write('held\n')
    await new Promise((done) => setTimeout(done, 600_000))
  })
} else {
  const said = {
    run: await take('run_2').catch(message),
    abandon: await abandonRun(store, 'run_1', holder).catch(message),
    import: await importAlone(store, holder, async () => 'imported').catch(message),
  }
  process.stdout.write(JSON.stringify(said))
  store.close()
}
