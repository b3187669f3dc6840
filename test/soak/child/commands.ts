/** Runs one command line after another in one process, and sends back what each printed and its exit code. */
import { main, reportError } from '../../../bin/autotune.ts'

let [out, err] = ['', '']
process.stdout.write = ((text: string) => {
  out += text
  return true
}) as typeof process.stdout.write
process.stderr.write = ((text: string) => {
  err += text
  return true
}) as typeof process.stderr.write

let argv: readonly string[] = []
const reply = (code: number) => process.send!({ code, out, err })
process.on('uncaughtException', (error) => reply(reportError(error, argv)))
process.on('message', (given: readonly string[]) => {
  argv = given
  ;[out, err] = ['', '']
  void main(argv).then(reply)
})
process.on('disconnect', () => process.exit())
