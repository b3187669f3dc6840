/**
 * Ends caged processes whose program is gone. A process in an endless loop notices nothing, so this is no Node: a shell
 * that waits for the end of a pipe which only the program holds, and then kills every group that it was told of.
 */
import { type ChildProcess, spawn } from 'node:child_process'

const SCRIPT = `trap '' INT TERM HUP
groups=' '
while read -r sign group; do
  case $sign in
    +) groups="$groups$group " ;;
    -) groups="\${groups%% $group *} \${groups#* $group }" ;;
  esac
done
for group in $groups; do kill -9 "-$group"; done`

let watchdog: ChildProcess | null = null

/** Has a process, leader of its own group, ended with this program, whatever ends that. On Windows a closed pipe must do. */
export function endWithProgram(child: ChildProcess): void {
  if (process.platform === 'win32' || child.pid === undefined) return
  const group = child.pid
  tell(`+ ${group}`)
  child.once('exit', () => tell(`- ${group}`))
}

/** Kills a caged process, and what may have come of it. */
export function killGroup(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  try {
    if (process.platform === 'win32') child.kill('SIGKILL')
    else process.kill(-child.pid, 'SIGKILL')
  } catch {
    // It ended by itself meanwhile.
  }
}

/** Kills what a process that has ended left behind in its group. */
export function killRest(child: ChildProcess): void {
  if (child.pid === undefined || process.platform === 'win32') return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    // It left nothing.
  }
}

function tell(line: string): void {
  watchdog ??= start()
  watchdog.stdin!.write(`${line}\n`)
}

function start(): ChildProcess {
  const shell = spawn('/bin/sh', ['-c', SCRIPT], { env: {}, detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
  shell.on('error', () => {})
  shell.stdin!.on('error', () => {})
  shell.unref()
  ;(shell.stdin as unknown as { unref(): void }).unref()
  return shell
}
